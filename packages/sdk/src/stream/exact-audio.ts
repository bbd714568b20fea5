import { writeAudioFrame } from "@piopiy/pcmo";
import { PiopiyValidationError } from "../errors.ts";
import type { Credit } from "./credit.ts";
import { bytesOf } from "./framing.ts";
import { piecesOf, type SampleRate, type Source } from "./source.ts";
import type { Utterance } from "./utterances.ts";
import type { Wire } from "./wire.ts";

/** The way that audio takes to the server. */
export interface AudioWay {
  readonly wire: Wire;
  readonly credit: Credit;
  readonly sampleRate: SampleRate;
  /** The largest message that the server takes. */
  readonly messageBytes: number;
}

type Samples = Extract<Source, { kind: "samples" }>;
type File = Extract<Source, { kind: "file" }>;

/** A frame holds so much at most: small enough that nothing waits long behind it. */
const pieceMs = 200;

/** Sends all of it, as there is room for it, and says that it is all. Ends early when the utterance is stopped. */
export async function sendSource(utterance: Utterance, source: Source, live: boolean, way: AudioWay): Promise<void> {
  if (source.kind === "file") return sendFile(utterance, source, way);
  await sendSamples(utterance, source, live, way);
  if (!utterance.begun || utterance.stop.aborted) return;
  way.wire.json({ type: "end", utterance: utterance.id });
  utterance.said = true;
}

/** Says nothing more than that it was the last: also of an utterance of which nothing has arrived, which `end` cannot. */
export const lastFrame = ({ id }: Utterance): Uint8Array => writeAudioFrame({ utterance: id, last: true, pcm: new Uint8Array() });

async function sendSamples(utterance: Utterance, source: Samples, live: boolean, way: AudioWay): Promise<void> {
  const { wire, credit, sampleRate } = way;
  for await (const samples of piecesOf(source, pieceMs, utterance.stop)) {
    const ms = (samples.length / source.sampleRate) * 1000;
    if (ms === 0) continue;
    if (live && !wire.attached) {
      utterance.lostMs += ms;
      continue;
    }
    await wire.ready(utterance.stop);
    await credit.room(utterance.stop);
    sent(utterance, ms, way);
    const bytes = bytesOf(samples);
    wire.send(source.sampleRate === sampleRate
      ? writeAudioFrame({ utterance: utterance.id, live, pcm: bytes })
      : audioMessage(utterance, bytes, { encoding: "pcm", sample_rate: source.sampleRate, live }));
  }
}

/** A file is one message: it cannot be decoded in parts. */
async function sendFile(utterance: Utterance, source: File, way: AudioWay): Promise<void> {
  utterance.measured = false;
  const { wire, credit, messageBytes } = way;
  const message = audioMessage(utterance, source.bytes, { encoding: source.form, last: true });
  if (message.length > messageBytes) throw tooLarge(messageBytes);
  await wire.ready(utterance.stop);
  await credit.room(utterance.stop);
  sent(utterance, source.durationMs, way);
  wire.send(message);
  utterance.said = true;
}

function sent(utterance: Utterance, ms: number, { credit }: AudioWay): void {
  credit.sent(ms);
  utterance.head.sent(ms);
  utterance.begun = true;
  utterance.endedAt = credit.position;
}

function audioMessage({ id }: Utterance, bytes: Uint8Array, form: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ type: "audio", utterance: id, ...form, audio: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") });
}

export const tooLarge = (messageBytes: number) => new PiopiyValidationError(
  "audio",
  `audio is larger than the ${Math.floor((messageBytes * 3) / 4 / 1024)} KB that a message may carry. Play it as a WAV file of 16 bit mono PCM at 8000 or 16000 Hz, which may have any length.`,
);
