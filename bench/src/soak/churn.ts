import { setMaxListeners } from "node:events";
import { randomIds, sleep, systemClock } from "@piopiy/server";
import { createUserAgent, type Dialog } from "@piopiy/server/sip";
import { numbers } from "../load-server.ts";
import type { Mill } from "./mill.ts";

/** What became of the calls so far. */
export interface ChurnCounts {
  made: number;
  /** Were not answered. */
  refused: number;
  /** Were ended by the server. */
  ended: number;
  readonly answeredMs: number[];
}

export interface Churn {
  readonly counts: ChurnCounts;
  /** Ends all calls; resolves when they are. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
const SHORTEST_MS = 30_000;
const LONGEST_MS = 60_000;
/** Between the first calls: no more than 40 a second. */
const RAMP_MS = 25;
const AFTER_FAILURE_MS = 1000;

/** Keeps `calls` calls up, each of 30 to 60 seconds: where one ends, another one begins. */
export async function startChurn(server: { readonly host: string; readonly port: number }, calls: number, mill: Mill): Promise<Churn> {
  const userAgent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host: HOST, port: 0 }] });
  const counts: ChurnCounts = { made: 0, refused: 0, ended: 0, answeredMs: [] };
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);

  const call = async (slot: number): Promise<void> => {
    const body = { type: "application/sdp", bytes: Buffer.from(offer(mill.port(slot))) };
    const nextHop = { transport: "udp", ...server } as const;
    const startedMs = systemClock.monotonicMs();
    counts.made += 1;
    const outcome = await userAgent.invite({ target: `sip:${numbers.playing}@${HOST}:${server.port}`, from: `sip:soak@${HOST}`, nextHop, body }).outcome;
    if (outcome.kind !== "accepted") {
      counts.refused += 1;
      await waited(AFTER_FAILURE_MS, closing.signal);
      return;
    }
    counts.answeredMs.push(systemClock.monotonicMs() - startedMs);
    await mill.started(slot, HOST, Number(/^m=audio (\d+) /m.exec(Buffer.from(outcome.response.body).toString())?.[1] ?? 0));
    await held(outcome.dialog, closing.signal);
    if (outcome.dialog.signal.aborted) counts.ended += 1;
    await mill.ended(slot);
    await outcome.dialog.bye();
  };

  const keepCalling = async (slot: number): Promise<void> => {
    await waited(slot * RAMP_MS, closing.signal);
    while (!closing.signal.aborted) await call(slot);
  };

  const slots = Array.from({ length: calls }, (_, index) => keepCalling(index + 1));
  return {
    counts,
    async close() {
      closing.abort();
      await Promise.all(slots);
      await userAgent.close();
    },
  };
}

/** Resolves when the call has lasted as long as it is to, has been ended by the server, or everything ends. */
async function held({ signal }: Dialog, closing: AbortSignal): Promise<void> {
  const lasting = new AbortController();
  const end = () => lasting.abort();
  for (const one of [signal, closing]) one.addEventListener("abort", end, { once: true });
  if (!signal.aborted) await waited(SHORTEST_MS + randomIds.integer(LONGEST_MS - SHORTEST_MS), closing.aborted ? closing : lasting.signal);
  for (const one of [signal, closing]) one.removeEventListener("abort", end);
}

/** Waits, but not beyond an abort. */
const waited = (ms: number, signal: AbortSignal): Promise<void> => sleep(systemClock, ms, signal).catch(() => undefined);

const offer = (port: number): string =>
  ["v=0", `o=- 1 1 IN IP4 ${HOST}`, "s=-", `c=IN IP4 ${HOST}`, "t=0 0", `m=audio ${port} RTP/AVP 0`, "a=rtpmap:0 PCMU/8000", "a=sendrecv", ""].join("\r\n");
