import type { Clock } from "../base/clock.ts";
import { PiopiyAbortedError, PiopiyValidationError } from "../errors.ts";
import { checkOptions } from "../wire/action-options.ts";
import type { Acts } from "./acts.ts";
import { audioFan, type AudioFan } from "./call-audio.ts";
import { emitter, type Emitter } from "./emitter.ts";
import type { PlayOptions, SessionActs, StreamEnd, StreamEvents } from "./session.ts";
import { sourceOf, type Playable, type SampleRate } from "./source.ts";
import type { Speaker } from "./speaker.ts";
import { deferred } from "./turns.ts";
import { largestUtterance } from "./utterances.ts";
import { createWire, type Wire } from "./wire.ts";

/** What both forms of a session share: its events, its audio, and its end. */
export interface Core {
  readonly clock: Clock;
  readonly wire: Wire;
  readonly events: Emitter<StreamEvents>;
  /** Frames of 20 ms that the party says. */
  heard(frame: Int16Array): void;
  readonly signal: AbortSignal;
  readonly ended: Promise<StreamEnd>;
  /** It is over, once: the audio ends, what is open is settled, what is asked for throws. */
  end(end: StreamEnd): void;
  /** Called at the end, before the session's signal aborts. */
  onEnd(settle: () => void): void;
  acts(url: string, speaker: Speaker, acts: Acts, sampleRate: () => SampleRate): SessionActs;
}

/** `failed` is told what a listener has thrown. */
export function createCore(clock: Clock, failed: (error: unknown) => void): Core {
  const wire = createWire();
  const events = emitter<StreamEvents>(failed);
  const frames = emitter<{ frame: Int16Array }>(failed);
  const fan = audioFan();
  const over = new AbortController();
  const ended = deferred<StreamEnd>();
  const atEnd: (() => void)[] = [];
  const core: Core = {
    clock, wire, events, signal: over.signal, ended: ended.promise,
    heard(frame) {
      fan.push(frame);
      frames.emit("frame", frame);
    },
    end(end) {
      if (over.signal.aborted) return;
      const reason = new PiopiyAbortedError(`The stream is over: ${end.reason}.`, { cause: end });
      wire.close(reason);
      for (const settle of atEnd) settle();
      fan.end();
      frames.clear();
      ended.resolve(end);
      over.abort(reason);
    },
    onEnd: (settle) => void atEnd.push(settle),
    acts: (url, speaker, acts, sampleRate) => sessionActs({ url, speaker, acts, sampleRate, core, fan, onFrame: (listener) => frames.on("frame", listener) }),
  };
  return core;
}

interface Parts {
  readonly url: string;
  readonly speaker: Speaker;
  readonly acts: Acts;
  readonly sampleRate: () => SampleRate;
  readonly core: Core;
  readonly fan: AudioFan;
  readonly onFrame: (listener: (frame: Int16Array) => void) => () => void;
}

function sessionActs({ url, speaker, acts, sampleRate, core, fan, onFrame }: Parts): SessionActs {
  const { events, signal, ended } = core;
  const at = url.indexOf("?");
  return {
    ...acts,
    url, query: new URLSearchParams(at === -1 ? "" : url.slice(at)),
    audio: fan.audio, signal, ended,
    onAudio: (listener) => onFrame(listenerOf(listener)),
    onDtmf(listener) {
      const called = listenerOf(listener);
      return events.on("dtmf", ({ digit }) => called(digit));
    },
    on: (type, listener) => events.on(type, listenerOf(listener)),
    async play(audio: Playable, options: PlayOptions = {}) {
      const { utterance, live = false, sampleRate: rate = sampleRate(), signal: until } = checkPlay(options);
      signal.throwIfAborted();
      // Read while it waits for its turn, which it has from now on.
      return await speaker.say(sourceOf(audio, rate), { utterance, live, signal: until });
    },
    async clear(utterance) {
      signal.throwIfAborted();
      return await speaker.clear(utteranceOf(utterance, "utterance"));
    },
    async mark(name) {
      signal.throwIfAborted();
      if (name === undefined || (typeof name === "string" && name.length >= 1 && name.length <= 128)) return await speaker.mark(name);
      throw new PiopiyValidationError("name", "name must be text of 1 to 128 characters.");
    },
  };
}

function checkPlay(options: PlayOptions): PlayOptions {
  checkOptions(options, ["utterance", "live", "sampleRate", "signal"] satisfies (keyof PlayOptions)[]);
  utteranceOf(options.utterance, "options.utterance");
  const { sampleRate, signal } = options;
  if (sampleRate !== undefined && sampleRate !== 8000 && sampleRate !== 16_000) {
    throw new PiopiyValidationError("options.sampleRate", "options.sampleRate must be the number 8000 or 16000. Resample anything else.");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new PiopiyValidationError("options.signal", "options.signal must be an AbortSignal.");
  }
  return options;
}

function utteranceOf(value: number | undefined, field: string): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= largestUtterance)) return value;
  throw new PiopiyValidationError(field, `${field} must be a whole number from 1 to ${largestUtterance}.`);
}

function listenerOf<T>(listener: T): T {
  if (typeof listener === "function") return listener;
  throw new PiopiyValidationError("listener", "listener must be a function.");
}
