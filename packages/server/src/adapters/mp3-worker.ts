import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parentPort } from "node:worker_threads";
import { createEncoder } from "wasm-media-encoders";
import { SAMPLE_RATE_HZ } from "../audio/index.ts";
import { messageOf } from "../base/index.ts";
import type { Mp3Order, Mp3Reply } from "./mp3-encoding.ts";

// The type packages of Node leave this global to the browser's.
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> };

type Encoder = Awaited<ReturnType<typeof createEncoder<"audio/mpeg">>>;

/** Enough for the telephone's band; stereo shares what both channels have in common. */
const KBPS = { 1: 32, 2: 48 } as const;

// Compiled once; each recording has an instance of its own.
const program = readFile(fileURLToPath(import.meta.resolve("wasm-media-encoders/wasm/mp3"))).then((bytes) => WebAssembly.compile(bytes));

interface Stream {
  readonly encoder: Encoder;
  readonly channels: 1 | 2;
}

const streams = new Map<number, Stream>();
const nothing = new Uint8Array(0);

async function obey(order: Mp3Order): Promise<Mp3Reply> {
  const { stream } = order;
  if (order.type === "start") {
    const encoder = await createEncoder("audio/mpeg", await program);
    encoder.configure({ sampleRate: SAMPLE_RATE_HZ, channels: order.channels, bitrate: KBPS[order.channels] });
    streams.set(stream, { encoder, channels: order.channels });
    return { stream, ok: true, bytes: nothing, samples: 0, ended: false };
  }
  const known = streams.get(stream);
  if (!known) return { stream, ok: false, why: "there is no such recording." };
  if (order.type === "end") {
    streams.delete(stream);
    // What the encoder gives is its own memory: it must be copied.
    return { stream, ok: true, bytes: known.encoder.finalize().slice(), samples: 0, ended: true };
  }
  const bytes = known.encoder.encode(apart(order.samples, known.channels)).slice();
  return { stream, ok: true, bytes, samples: order.samples.length, ended: false };
}

/** The channels of interleaved samples, from -1 to 1. */
function apart(samples: Int16Array, channels: 1 | 2): readonly Float32Array[] {
  return Array.from({ length: channels }, (_, channel) =>
    Float32Array.from({ length: samples.length / channels }, (_, at) => (samples[at * channels + channel] ?? 0) / 32_768));
}

let last: Promise<void> = Promise.resolve();
parentPort?.on("message", (order: Mp3Order) => {
  const answer = async () => {
    const reply: Mp3Reply = await obey(order).catch((failure: unknown) => ({ stream: order.stream, ok: false, why: messageOf(failure) }));
    parentPort?.postMessage(reply);
  };
  // Starting takes a moment; what comes for a recording meanwhile waits for it.
  last = last.then(answer);
});
