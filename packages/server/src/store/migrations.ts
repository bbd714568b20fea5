import { type Kysely, type Migration, Migrator, sql } from "kysely";
import { PiopiyError } from "../base/index.ts";

/** Forward only, run in the order of their names. A migration that was released is never changed. */
const migrations = {
  "001_calls": { up: (db) => run(db, TABLES) },
  "002_outbox": { up: (db) => run(db, OUTBOX) },
  "003_retention": { up: (db) => run(db, RETENTION) },
  "004_records": { up: (db) => run(db, RECORDS) },
} as const satisfies Record<string, Migration>;

/** Brings the database to the newest schema; does nothing when it is there. Answers with the names that were run. */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<readonly string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) {
    throw new PiopiyError("bad_configuration", "The database could not be brought to this version's schema.", { cause: error });
  }
  return (results ?? []).map((result) => result.migrationName);
}

async function run<Tables>(db: Kysely<Tables>, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const TABLES = [
  `create table settings (key text primary key, value text not null) without rowid`,
  `create table calls (
     id text primary key,
     request_id text unique,
     appid text not null,
     direction text not null check (direction in ('inbound', 'outbound')),
     "from" text not null,
     "to" text not null,
     status text not null check (status in ('queued', 'dialling', 'ringing', 'answered', 'ended')),
     cause text,
     created_ms integer not null,
     started_ms integer,
     answered_ms integer,
     ended_ms integer,
     extra_params text,
     flow text not null,
     options text not null,
     check ((status = 'ended') = (ended_ms is not null and cause is not null))
   )`,
  `create index calls_by_app on calls (appid, created_ms, id)`,
  // What a restart has to close is a handful of rows: it shall not read every call there ever was.
  `create index calls_live on calls (id) where status <> 'ended'`,
  `create table legs (
     id text primary key,
     call_id text not null references calls (id) on delete cascade,
     which text not null check (which in ('a', 'b')),
     direction text not null check (direction in ('inbound', 'outbound')),
     "from" text not null,
     "to" text not null,
     status text not null check (status in ('dialling', 'ringing', 'answered', 'ended')),
     started_ms integer not null,
     ringing_ms integer,
     answered_ms integer,
     ended_ms integer,
     cause text,
     ended_by text,
     sip_status integer,
     check ((status = 'ended') = (ended_ms is not null and cause is not null))
   )`,
  `create index legs_by_call on legs (call_id)`,
  `create table timeline (
     call_id text not null references calls (id) on delete cascade,
     sequence integer not null,
     at_ms integer not null,
     type text not null,
     leg_id text,
     action_index integer,
     data text,
     primary key (call_id, sequence)
   ) without rowid`,
  `create table recordings (
     id text primary key,
     call_id text not null references calls (id) on delete cascade,
     leg_id text not null,
     file text not null,
     channels text not null check (channels in ('mono', 'stereo')),
     status text not null check (status in ('recording', 'completed', 'failed', 'interrupted')),
     duration_ms integer,
     started_ms integer not null,
     completed_ms integer
   )`,
  `create index recordings_by_call on recordings (call_id)`,
  `create index recordings_open on recordings (id) where status = 'recording'`,
  `create table idempotency_keys (
     appid text not null,
     key text not null,
     request_hash text not null,
     response text not null,
     created_ms integer not null,
     primary key (appid, key)
   ) without rowid`,
  `create index idempotency_keys_by_age on idempotency_keys (created_ms)`,
];

const RETENTION = [
  // What is old and done is found without reading what is to be kept.
  `create index events_done on events (created_ms) where state in ('delivered', 'unaddressed')`,
  `create index events_given_up on events (created_ms) where state = 'given_up'`,
];

const RECORDS = [
  // The order in which calls and recordings grow old; the sum of what recordings take is read from the index alone.
  `create index calls_by_end on calls (ended_ms, id) where status = 'ended'`,
  `alter table recordings add column bytes integer`,
  `create index recordings_by_age on recordings (completed_ms, id, bytes) where status <> 'recording'`,
  `create index recordings_unmeasured on recordings (id) where bytes is null and status <> 'recording'`,
  // Files whose rows are gone and that are still to be deleted: a crash in between leaves none behind.
  `create table removals (file text primary key) without rowid`,
  // What the media of a leg came to: JSON text.
  `alter table legs add column media text`,
];

const OUTBOX = [
  // `id` is the cursor of those who catch up: never used twice, also when the newest rows are deleted.
  `create table events (
     id integer primary key autoincrement,
     event_id text not null unique,
     appid text not null,
     call_id text not null references calls (id) on delete cascade,
     leg_id text not null,
     sequence integer not null,
     kind text not null check (kind in ('event', 'cdr', 'recording', 'dtmf')),
     name text not null,
     ends text unique,
     url text,
     origin text,
     body text not null,
     state text not null check (state in ('pending', 'delivered', 'given_up', 'unaddressed')),
     attempts integer not null default 0,
     next_attempt_ms integer,
     created_ms integer not null,
     settled_ms integer,
     unique (call_id, sequence),
     check (url is not null or state = 'unaddressed')
   )`,
  `create index events_by_app on events (appid, id)`,
  `create index events_by_leg on events (leg_id)`,
  `create index events_due on events (next_attempt_ms, id) where state = 'pending'`,
  `create index events_lane on events (call_id, url, sequence) where state = 'pending'`,
  `create table deliveries (
     id integer primary key,
     event_id text not null references events (event_id) on delete cascade,
     at_ms integer not null,
     http integer,
     error text,
     duration_ms integer not null
   )`,
  `create index deliveries_by_event on deliveries (event_id)`,
  `alter table legs add column sip_call_id text`,
];
