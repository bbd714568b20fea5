import { readServerAudioFrame, type ExactServerMessage } from "@piopiy/pcmo";
import type { Core } from "./core.ts";
import type { Credit } from "./credit.ts";
import type { ExactSpeaker } from "./exact-speaker.ts";
import { totalsOf } from "./facts.ts";
import { positionedFrames } from "./positions.ts";
import type { StreamEnd } from "./session.ts";
import type { SampleRate } from "./source.ts";

/** What the frames of a server come to in a session. */
export interface ExactReader {
  text(message: ExactServerMessage): void;
  binary(bytes: Uint8Array): void;
  /** The end that was told, if one was. */
  stopped(): StreamEnd | undefined;
}

interface Parts {
  readonly core: Core;
  readonly speaker: ExactSpeaker;
  readonly credit: Credit;
  readonly sampleRate: SampleRate;
}

export function exactReader({ core, speaker, credit, sampleRate }: Parts): ExactReader {
  const { events } = core;
  const frames = positionedFrames(sampleRate, (missedMs) => events.emit("gap", { missedMs }));
  let end: StreamEnd | undefined;
  return {
    stopped: () => end,
    binary(bytes) {
      const frame = readServerAudioFrame(bytes);
      if ("issue" in frame) return events.emit("warning", { issues: [{ path: "", message: `a binary frame ${frame.issue}` }] });
      for (const samples of frames.push(frame.position, frame.pcm)) core.heard(samples);
      return undefined;
    },
    text(message) {
      switch (message.type) {
        case "start":
          return undefined; // it comes once on a connection, and was taken before
        case "dtmf":
          return events.emit("dtmf", { digit: message.digit });
        case "mark":
          return speaker.marked(message.name);
        case "played":
          return speaker.played(heardOf(message));
        case "cleared":
          return speaker.cleared({
            utterances: message.utterances.map(({ utterance, heard_ms: heardMs }) => ({ utterance, heardMs })), marks: message.marks,
          });
        case "underrun":
          return events.emit("underrun", { utterance: message.utterance, count: message.count, missedMs: message.missed_ms });
        case "credit":
          credit.told(message.queued_ms);
          return events.emit("credit", { queuedMs: message.queued_ms, freeMs: message.free_ms });
        case "overflow":
          return events.emit("overflow", { utterance: message.utterance });
        case "warning":
          return events.emit("warning", { issues: message.issues });
        case "stop":
          end = { reason: message.reason, totals: totalsOf(message) };
          return core.end(end);
      }
    },
  };
}

function heardOf(played: Extract<ExactServerMessage, { readonly type: "played" }>) {
  const { utterance, complete, heard_ms: heardMs, skipped_ms: skippedMs, underrun_ms: underrunMs, dropped_ms: droppedMs } = played;
  return { utterance, complete, heardMs, skippedMs, underrunMs, droppedMs };
}
