import { WebSocket } from "ws";
import { percentile } from "../statistics.ts";

/** What the process is asked. */
export interface BareQuestion {
  readonly question: { readonly port: number; readonly streams: number; readonly seconds: number };
}

/** How long frames take to come back, in ms. */
export interface RoundTrip {
  readonly p50: number;
  readonly p99: number;
}

const FRAME_MS = 20;
const FRAME_BYTES = 320;
/** The server sends its frames in four groups, too. */
const GROUPS = 4;
const SETTLE_MS = 500;

/** A process that sends a bot what a server would, of so many calls, and tells how long its frames take to come back. */
process.on("message", ({ question }: BareQuestion) => void measure(question));
process.on("disconnect", () => process.exit());

async function measure({ port, streams, seconds }: BareQuestion["question"]): Promise<void> {
  const delays: number[] = [];
  const sockets = await Promise.all(Array.from({ length: streams }, () => connected(port)));
  const startMs = performance.now();
  const settled = startMs + SETTLE_MS;
  for (const socket of sockets) {
    socket.on("message", (data) => {
      if (!(data instanceof Buffer)) return;
      const sentMs = data.readDoubleLE(0);
      if (sentMs >= settled) delays.push(performance.now() - sentMs);
    });
  }
  const groups = Array.from({ length: GROUPS }, (_, group) => sockets.filter((_, index) => index % GROUPS === group));
  await paced(groups, startMs, settled + seconds * 1000);
  for (const socket of sockets) socket.close();
  const told: RoundTrip = { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) };
  process.send?.(told);
}

function connected(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Every group sends a frame every 20 ms, by absolute deadlines. */
function paced(groups: readonly (readonly WebSocket[])[], startMs: number, untilMs: number): Promise<void> {
  const slotMs = FRAME_MS / GROUPS;
  return new Promise((resolve) => {
    let slot = 0;
    const turn = () => {
      for (; startMs + slot * slotMs <= performance.now(); slot++) {
        for (const socket of groups[slot % GROUPS] ?? []) socket.send(frame());
      }
      if (performance.now() >= untilMs) resolve();
      else setTimeout(turn, startMs + slot * slotMs - performance.now());
    };
    turn();
  });
}

function frame(): Buffer {
  const bytes = Buffer.alloc(FRAME_BYTES);
  bytes.writeDoubleLE(performance.now(), 0);
  return bytes;
}
