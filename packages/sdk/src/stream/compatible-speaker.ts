import { sleep, type Clock } from "../base/clock.ts";
import { bytesOf } from "./framing.ts";
import { piecesOf, type Source } from "./source.ts";
import type { Speaker } from "./speaker.ts";
import { createTurns, deferred, type Deferred } from "./turns.ts";
import { createUtterances, type Utterance } from "./utterances.ts";
import type { Wire } from "./wire.ts";
import { tooLarge } from "./exact-audio.ts";

export interface CompatibleSpeakerOptions {
  readonly clock: Clock;
  readonly wire: Wire;
}

/** So much of an utterance is sent ahead of what is heard of it. */
const aheadMs = 5000;
/** The next utterance is sent so long before the last one is over, by the clock, so that there is no gap between them. */
const overlapMs = 60;
/** A message carries so much at most. */
const pieceMs = 1000;
/** The largest message that every server takes. */
const messageBytes = 2 << 20;
/** From sending to hearing, about: a packet, and the way there. */
const latencyMs = 40;

/**
 * A speaker where nothing is told of what is heard. It works that out by the clock, and hands over one utterance at a
 * time: then throwing away everything that is queued, which is all that can be asked for, throws away that one.
 */
export function createCompatibleSpeaker({ clock, wire }: CompatibleSpeakerOptions): Speaker {
  const utterances = createUtterances(clock, 1, latencyMs);
  const { open } = utterances;
  const turn = createTurns();
  const marks = new Map<Deferred<boolean>, string>();

  const settle = (mark: Deferred<boolean>, reached: boolean) => {
    if (marks.delete(mark)) mark.resolve(reached);
  };
  const finish = (utterance: Utterance, complete: boolean) => {
    const heard = utterances.guess(utterance);
    // A timer may fire a little early.
    utterance.close(complete ? { ...heard, heardMs: utterance.head.sentMs, complete, exact: false } : heard);
    return heard;
  };
  const cut = (utterance: Utterance): { readonly utterance: number; readonly heardMs: number } => {
    // What has begun after it would go as well; then so little of it is left that it may be heard.
    const latest = [...open.values()].findLast(({ begun }) => begun);
    if (utterance === latest) wire.json({ action: "break" });
    const { heardMs } = finish(utterance, false);
    return { utterance: utterance.id, heardMs };
  };
  const send = async (utterance: Utterance, coming: Promise<Source>, live: boolean) => {
    if (utterance.stop.aborted) return;
    const source = await coming;
    await (source.kind === "file" ? sendFile(utterance, source, wire) : sendSamples(utterance, source, live, { clock, wire }));
    // Heard to its end while the next one is on its way.
    const rest = utterance.head.leftMs;
    await sleep(clock, Math.max(0, rest - overlapMs), utterance.stop);
    void sleep(clock, Math.min(rest, overlapMs), utterance.stop).then(() => finish(utterance, true), () => undefined);
  };

  return {
    say(source, { utterance: wanted, live, signal }) {
      const utterance = utterances.add(wanted, signal, cut);
      source.then(() => undefined, (error: unknown) => utterance.fail(error));
      turn(() => send(utterance, source, live)).then(() => undefined, (error: unknown) => {
        if (!utterance.stop.aborted) utterance.fail(error);
      });
      return utterance.result;
    },
    async clear(id) {
      const meant = [...open.values()].filter((utterance) => id === undefined || utterance.id === id);
      const names = id === undefined ? [...marks.values()] : [];
      if (id === undefined) for (const mark of marks.keys()) settle(mark, false);
      const cleared = meant.map(cut);
      // Something that was played before this process knew of the stream may be queued as well.
      if (id === undefined && cleared.length === 0) wire.json({ action: "break" });
      return { utterances: cleared, marks: names };
    },
    mark(name = `mark-${marks.size + 1}`) {
      const mark = deferred<boolean>();
      marks.set(mark, name);
      const before = [...open.values()].at(-1)?.result ?? Promise.resolve({ complete: true });
      before.then(({ complete }) => settle(mark, complete), () => settle(mark, false));
      return mark.promise;
    },
    over() {
      for (const utterance of open.values()) finish(utterance, false);
      for (const mark of marks.keys()) settle(mark, false);
    },
  };
}

async function sendSamples(utterance: Utterance, source: Extract<Source, { kind: "samples" }>, live: boolean, { clock, wire }: CompatibleSpeakerOptions): Promise<void> {
  const { head, stop } = utterance;
  for await (const samples of piecesOf(source, pieceMs, stop)) {
    if (samples.length === 0) continue;
    while (!live && head.leftMs >= aheadMs) await sleep(clock, head.leftMs - aheadMs + 1, stop);
    stop.throwIfAborted();
    wire.json(streamAudio("raw", source.sampleRate, bytesOf(samples)));
    begun(utterance, (samples.length / source.sampleRate) * 1000);
  }
}

async function sendFile(utterance: Utterance, { form, bytes, durationMs }: Extract<Source, { kind: "file" }>, wire: Wire): Promise<void> {
  if ((bytes.length / 3) * 4 > messageBytes - 1024) throw tooLarge(messageBytes);
  // The rate is the file's own; the message has to name one.
  wire.json(streamAudio(form, 8000, bytes));
  begun(utterance, durationMs);
}

function begun(utterance: Utterance, ms: number): void {
  utterance.begun = true;
  utterance.head.sent(ms);
}

function streamAudio(audioDataType: string, sampleRate: number, bytes: Uint8Array) {
  const audioData = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return { type: "streamAudio", data: { audioDataType, sampleRate, audioData } };
}
