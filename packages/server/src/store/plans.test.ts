import { CompiledQuery, createQueryId, type RootOperationNode } from "kysely";
import { expect, it, onTestFinished } from "vitest";
import { VirtualClock } from "../base/index.ts";
import {
  addUpRecordings, deleteCall, deleteOldCalls, deleteOldEvents, deleteOldKeys, deleteOldRecordings, deleteOldTimelines, deleteRecording, dueEvents, findCall,
  findEvent, findRecording, legsUpSince, listCalls, listEvents, nextDueMs, openCalls, openRemovals, openStore, readCdrs, readDeliveries, readEvents, readLegs,
  readRecordings, readTimeline, unmeasuredRecordings, type Queries,
} from "./index.ts";

const place = { ms: 1, id: "a" };

/** What is asked while calls are up, of tables that hold years: each must find its rows by an index. */
const asked: readonly (readonly [string, (db: Queries) => Promise<unknown>])[] = [
  ["deleteOldEvents", (db) => deleteOldEvents(db, { doneBeforeMs: 1, givenUpBeforeMs: 1 }, 9)],
  ["deleteOldTimelines", (db) => deleteOldTimelines(db, 1)],
  ["deleteOldCalls", (db) => deleteOldCalls(db, 1, place)],
  ["deleteOldRecordings", (db) => deleteOldRecordings(db, 1, place)],
  ["deleteOldKeys", (db) => deleteOldKeys(db, 1)],
  ["addUpRecordings", (db) => addUpRecordings(db, { bytes: 0, next: place }, 1)],
  ["unmeasuredRecordings", (db) => unmeasuredRecordings(db)],
  ["openRemovals", (db) => openRemovals(db, "a")],
  ["deleteCall", (db) => deleteCall(db, "1", "call")],
  ["deleteRecording", (db) => deleteRecording(db, "1", "recording")],
  ["openCalls", (db) => openCalls(db)],
  ["findCall", (db) => findCall(db, "1", "call")],
  ["listCalls", (db) => listCalls(db, "1", { limit: 9, before: "call" })],
  ["listCalls to somebody", (db) => listCalls(db, "1", { limit: 9, to: "2", status: "ended", before: "call" })],
  ["findEvent", (db) => findEvent(db, "1", "event")],
  ["findRecording", (db) => findRecording(db, "1", "recording")],
  ["listEvents", (db) => listEvents(db, "1", { after: 1, limit: 9 })],
  ["dueEvents", (db) => dueEvents(db, { nowMs: 1, limit: 9, exceptOrigins: ["http://a.test"] })],
  ["nextDueMs", (db) => nextDueMs(db, 1)],
  ["legsUpSince", (db) => legsUpSince(db, 1)],
  ["readCdrs of a leg", (db) => readCdrs(db, "1", { legId: "leg" })],
  ["readCdrs of a request", (db) => readCdrs(db, "1", { requestId: "request" })],
  ["readDeliveries", (db) => readDeliveries(db, "call")],
  ["readEvents", (db) => readEvents(db, "call")],
  ["readLegs", (db) => readLegs(db, "call")],
  ["readRecordings", (db) => readRecordings(db, "call")],
  ["readTimeline", (db) => readTimeline(db, "call")],
];

it.each(asked)("%s reads no table from its beginning to its end", async (_, ask) => {
  const store = await openStore({ file: ":memory:", clock: new VirtualClock() });
  onTestFinished(() => store.close());
  const call = { id: "call", request_id: "request", appid: "1", direction: "outbound", from: "1", to: "2", created_ms: 0, started_ms: null, answered_ms: null, extra_params: null, flow: "[]", options: "{}" } as const;
  const leg = { id: "leg", call_id: "call", which: "a", direction: "outbound", from: "1", to: "2", status: "dialling", started_ms: 0, ringing_ms: null, answered_ms: null, ended_ms: null, cause: null, ended_by: null, sip_status: null } as const;
  const recording = { id: "recording", call_id: "call", leg_id: "leg", file: "a", channels: "mono", status: "completed", duration_ms: 1, started_ms: 0, completed_ms: 0 } as const;
  // Something of everything, so that no step ends before its last question.
  await store.write(async (db) => {
    await db.insertInto("calls").values({ ...call, status: "ended", cause: "completed", ended_ms: 0 }).execute();
    await db.insertInto("legs").values(leg).execute();
    await db.insertInto("recordings").values(recording).execute();
  });
  const built = new Map<object, RootOperationNode>();
  const nodes: RootOperationNode[] = [];
  const seen = store.db.withPlugin({
    transformQuery({ node, queryId }) {
      built.set(queryId, node);
      return node;
    },
    // Only what is asked has a result: questions within a question have none.
    transformResult({ result, queryId }) {
      nodes.push(...[built.get(queryId)].filter((node) => node !== undefined));
      return Promise.resolve(result);
    },
  });
  await ask(seen);
  expect(nodes.length).toBeGreaterThan(0);
  for (const node of nodes) {
    const { sql, parameters } = store.db.getExecutor().compileQuery(node, createQueryId());
    const { rows } = await store.db.executeQuery<{ readonly detail: string }>(CompiledQuery.raw(`explain query plan ${sql}`, [...parameters]));
    // The index of open calls, and that of what is to be measured, hold nothing else.
    for (const { detail } of rows) expect(`${detail}: ${sql}`).not.toMatch(/^(?:SCAN (?!\w+ USING (?:COVERING )?INDEX (?:calls_live|recordings_by_age|recordings_unmeasured)|CONSTANT|newest)|USE TEMP B-TREE FOR ORDER BY(?=: delete))/);
  }
});
