import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createHttpFetch, createStreamSockets, jsonPost, recordingDisk, recoverRecording } from "./adapters/index.ts";
import { createApi, createLogger, logChannels } from "./api/index.ts";
import { channels, PiopiyError, randomIds, scope, systemClock, type Clock, type Ids } from "./base/index.ts";
import { startCalls } from "./compose-calls.ts";
import type { WorkLimits } from "./compose-protection.ts";
import { exitsOf } from "./compose-exits.ts";
import { holdMusicOf } from "./compose-hold-music.ts";
import { httpOf } from "./compose-http.ts";
import { preparePrompts } from "./compose-prompts.ts";
import { secretsOf } from "./compose-secrets.ts";
import { startVoices } from "./compose-voices.ts";
import { isLoopbackHost, type AppConfig, type Config } from "./config/index.ts";
import { createControl, type Control } from "./control/index.ts";
import { withDevelopment } from "./development.ts";
import { createMediaEngine } from "./media/index.ts";
import type { SipAddress } from "./sip/index.ts";
import { openStore, type Store } from "./store/index.ts";
import { VERSION } from "./version.ts";

export interface ServerOptions {
  /** `silent` by default: nothing is written to standard output. */
  readonly logLevel?: string;
  readonly clock?: Clock;
  readonly ids?: Ids;
  /** Other limits than the usual ones, beyond which new calls are refused: for tests that share their machine with others. */
  readonly work?: WorkLimits;
}

/** A server that is ready. */
export interface RunningServer {
  /** The REST API's address, for example `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Where SIP is listened for, with the real ports. */
  readonly sip: readonly SipAddress[];
  /** The first app: what a development client signs in with. */
  readonly app: AppConfig;
  /** With what was made for development, where nothing was configured. */
  readonly config: Config;
  /** The folder of the database, the recordings and the caches. */
  readonly data: string;
  readonly startedInMs: number;
  /** Calls that are going on. */
  calls(): number;
  /**
   * Takes no more calls, and resolves when those that run have ended, at most after `limitMs` or when `signal` aborts. The
   * API goes on answering until it is closed.
   */
  drain(limitMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Looks at once whether the files of certificates have been replaced, as it is done every 30 s anyway: new connections
   * get what stands there now. What cannot be used is told of in the log, and what there is stays in use.
   */
  renewCertificates(): Promise<void>;
  /** Ends all calls, then everything else. Idempotent. */
  close(): Promise<void>;
}

/** Starts everything. Fails, with nothing left open, when an address is taken or a folder cannot be written. */
export async function startServer(configured: Config, options: ServerOptions = {}): Promise<RunningServer> {
  const { clock = systemClock, ids = randomIds, work = {} } = options;
  const startedMs = clock.monotonicMs();
  const owned = ownership();
  try {
    // What was said and by whom is nobody's business but the server's.
    await mkdir(configured.data, { recursive: true, mode: 0o700 });
    const store = await openStore({ file: join(configured.data, "piopiy.db"), clock });
    owned.add(() => store.close());
    const config = await withDevelopment(configured, store, ids);
    const running = await assemble({ config, store, clock, ids, owned, work, logLevel: options.logLevel ?? "silent" });
    return { ...running, config, data: config.data, startedInMs: clock.monotonicMs() - startedMs, close: () => owned.close() };
  } catch (failure) {
    await owned.close();
    throw failure;
  }
}

interface Parts {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly owned: Ownership;
  readonly work: WorkLimits;
  readonly logLevel: string;
}

async function assemble(parts: Parts): Promise<Pick<RunningServer, "url" | "sip" | "app" | "calls" | "drain" | "renewCertificates">> {
  const { config, store, clock, ids, owned, work } = parts;
  const [app] = config.apps;
  if (!app) throw new PiopiyError("bad_configuration", "There is no app.");
  const logger = createLogger({ level: logLevel(parts.logLevel), secrets: secretsOf(config) });
  const unlog = logChannels(logger);
  owned.add(async () => unlog());
  const fetch = createHttpFetch({ allowPrivate: loopbackOnly(config), allow: config.urls?.allow ?? [], clock });
  const engine = await createMediaEngine(config.media);
  owned.add(() => engine.close());
  const voices = startVoices({ config, fetch, clock, ids });
  owned.add(voices.close);
  const streams = createStreamSockets({ allowPrivate: loopbackOnly(config), allow: config.urls?.allow ?? [], clock, ids });
  owned.add(() => streams.close());
  const holdMusic = await holdMusicOf(voices.audio, config.media.hold_music);
  const calls = await startCalls({ config, engine, clock, ids, work, ...(holdMusic && { holdMusic }) });
  owned.add(calls.close);
  const disk = recordingDisk(config.data);
  const control = createControl({
    store,
    clock,
    ids,
    apps: config.apps,
    phones: config.phones,
    trunks: config.trunks,
    exitOf: exitsOf(config, loopbackOnly(config)),
    limits: config.limits,
    numbers: config.numbers.map((number) => ({ ...number, app: number.app ?? app.appid })),
    dialler: calls.dialler,
    audio: voices.audio,
    recordings: voices.recordings,
    recordingFile: voices.recordingFile,
    callbacks: jsonPost(fetch),
    streams: streams.port,
    ...(holdMusic && { holdMusic }),
    recoverRecording,
    mediaLeft: () => portsOf(config) - engine.sessions,
    delivery: deliveryOf(config),
    recordingDisk: disk,
    retention: retentionOf(config),
  });
  owned.add(() => control.drain());
  await control.recover();
  calls.onCall((incoming) => control.receiveCall(incoming));
  const drain = (limitMs: number, signal?: AbortSignal) => {
    calls.drain();
    return control.settle(limitMs, signal);
  };
  const media = async () => ({ sessions: engine.sessions, ...(await engine.statistics()) });
  const { options: http, certificate } = await httpOf(config, clock);
  owned.add(async () => certificate?.close());
  const renewCertificates = async () => void (await Promise.all([calls.renewCertificates(), certificate?.look()]));
  const api = createApi({ store, control, apps: config.apps, clock, ids, version: VERSION, http, media, freeBytes: () => disk.freeBytes(), streams: () => streams.statistics(), logger });
  owned.add(() => api.close());
  const listening = await api.listen({ host: config.http.host, port: config.http.port });
  inBackground(owned, (signal) => preparePrompts(config.numbers, voices.prepare, signal));
  const url = http.certificate ? listening.replace(/^http:/, "https:") : listening;
  return { url, sip: calls.addresses, app, calls: () => runningCalls(control), drain, renewCertificates };
}

const portsOf = ({ media: { ports: [from, to] } }: Config): number => (to === 0 ? Infinity : to - from + 1);

const deliveryOf = ({ webhooks }: Config) => ({
  retryAfterMs: webhooks.retry_after.map((seconds) => seconds * 1000),
  timeoutMs: webhooks.timeout * 1000,
  perHost: webhooks.per_host,
});

const GB = 1_000_000_000;

const retentionOf = ({ retention }: Config) => ({
  eventsDays: retention.events,
  undeliveredDays: retention.undelivered,
  timelinesDays: retention.timelines,
  callsDays: retention.calls,
  recordingsDays: retention.recordings,
  recordingsBytes: retention.recordings_gb && retention.recordings_gb * GB,
  freeBytes: retention.free_gb && retention.free_gb * GB,
});

const runningCalls = (control: Control): number => control.statistics().calls;

/** While nothing listens beyond this machine, a flow may name addresses on it. */
function loopbackOnly({ http, sip, media }: Config): boolean {
  return [http.host, sip.host, media.host].every(isLoopbackHost);
}

const LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;

function logLevel(name: string): (typeof LEVELS)[number] {
  const level = LEVELS.find((known) => known === name);
  if (!level) throw new PiopiyError("bad_configuration", `The log level must be one of ${LEVELS.join(", ")}.`);
  return level;
}

/** What has been opened, to be closed in the opposite order. */
interface Ownership {
  add(close: () => Promise<unknown>): void;
  close(): Promise<void>;
}

function ownership(): Ownership {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | undefined;
  const closeAll = async () => {
    for (let close = closers.pop(); close; close = closers.pop()) {
      // One part that cannot be closed does not keep the others open.
      await close().catch((failure: unknown) => channels.failure.publish({ layer: "server", failure }));
    }
  };
  return {
    add: (close) => void closers.push(close),
    close: () => (closing ??= closeAll()),
  };
}

/** What nobody waits for; it ends with the server. */
function inBackground(owned: Ownership, work: (signal: AbortSignal) => Promise<void>): void {
  const life = scope();
  owned.add(async () => life.close());
  life.run(work);
}
