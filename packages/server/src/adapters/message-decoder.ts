import { SAMPLE_RATE_HZ } from "../audio/index.ts";
import { concatSamples, workerUrl, type Clock } from "../base/index.ts";
import { createSampleWorker } from "./sample-worker.ts";

/**
 * Decodes the next message of a bot to 8 kHz. Messages that continue each other are one stream of audio: MP3 or Ogg
 * that was cut anywhere is without a gap. A message that is a whole file is one, too. Fails with `bad_audio`.
 *
 * An abort of `signal` or another utterance ends the stream. After a pause in what is heard, MP3 that may be a new stream is one.
 */
export type DecodeMessage = (bytes: Uint8Array, signal: AbortSignal, utterance?: number) => Promise<Int16Array>;

/** Decodes what bots send, in a thread of its own. */
export interface MessageDecoder {
  /** For one bot: what others send does not concern it, nor wait for it for long. */
  forBot(): DecodeMessage;
  close(): Promise<void>;
}

/** What the thread is told. Without a part of a message: nothing more comes of this stream. */
export interface MessageOrder {
  readonly stream: number;
  readonly part?: MessagePart;
}

export interface MessagePart {
  readonly bytes: Uint8Array;
  /** Whether a message begins with it, or ends. */
  readonly first: boolean;
  readonly last: boolean;
  /** The one before has been heard, and then nothing for a while. */
  readonly afterPause: boolean;
}

/** So much is decoded at once, in about 20 ms: other bots get their turn in between. */
const PART_BYTES = 8 << 10;
/** As long as the pause that ends what is said in one go. */
const PAUSE_MS = 200;
const TIMEOUT_MS = 30_000;
/** Each bot waits for one part at a time: so many may speak. */
const MAXIMUM_WAITING = 4096;

type Ask = (order: MessageOrder, signal: AbortSignal) => Promise<Int16Array>;

/** The thread starts with the first message. */
export function createMessageDecoder(clock: Clock): MessageDecoder {
  const worker = createSampleWorker<MessageOrder>({
    url: workerUrl(import.meta.url, "message-worker"), clock, timeoutMs: TIMEOUT_MS, maxWaiting: MAXIMUM_WAITING, code: "bad_audio",
  });
  let streams = 0;
  return {
    forBot: () => botDecoder((order, signal) => worker.request(order, signal), () => streams++, clock),
    close: () => worker.close(),
  };
}

function botDecoder(ask: Ask, newStream: () => number, clock: Clock): DecodeMessage {
  let stream: number | undefined;
  let life: AbortSignal | undefined;
  let utterance: number | undefined;
  let heardToMs = 0;
  const end = () => {
    // Nobody waits for it: the thread may be gone.
    if (stream !== undefined) ask({ stream }, new AbortController().signal).catch(() => undefined);
    stream = undefined;
  };
  return async (bytes, signal, spoken) => {
    if (signal !== life) signal.addEventListener("abort", end, { once: true });
    if (signal !== life || spoken !== utterance) end();
    [life, utterance] = [signal, spoken];
    const own = (stream ??= newStream());
    const afterPause = clock.monotonicMs() > heardToMs + PAUSE_MS;
    const samples = await decoded(bytes, (part) => ask({ stream: own, part: { ...part, afterPause } }, signal));
    heardToMs = Math.max(heardToMs, clock.monotonicMs()) + (samples.length * 1000) / SAMPLE_RATE_HZ;
    return samples;
  };
}

async function decoded(bytes: Uint8Array, ask: (part: Omit<MessagePart, "afterPause">) => Promise<Int16Array>): Promise<Int16Array> {
  const parts: Int16Array[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += PART_BYTES) {
    const to = at + PART_BYTES;
    // A copy: what a message is made of is a view of something larger.
    parts.push(await ask({ bytes: new Uint8Array(bytes.subarray(at, to)), first: at === 0, last: to >= bytes.length }));
  }
  return concatSamples(parts);
}
