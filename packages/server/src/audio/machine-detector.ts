import { createBeepDetector } from "./beep-detector.ts";
import { audible } from "./goertzel.ts";
import { FRAME_MS } from "./source.ts";

/** Who has answered, as far as it sounds. */
export interface MachineDetection {
  readonly result: "human" | "machine" | "unknown";
  /** The tone after which a machine records has just ended. */
  readonly beep: boolean;
  /** Since the call was answered. */
  readonly afterMs: number;
}

/** Tells people from answering machines by their greeting. */
export interface MachineDetector {
  /** The next 20 ms of what the party says, from its answer on. What has just become known, if anything. */
  push(frame: Int16Array): MachineDetection | undefined;
  /** Nothing more will become known. */
  readonly done: boolean;
}

/** Sound that lasts so long is speech, not a click. */
const WORD_MS = 60;
/** A pause after which the party waits for an answer. */
const PAUSE_MS = 800;
/** People say their name or "hello" and wait. */
const LONGEST_HELLO_MS = 1900;
/** Who speaks for longer without a pause reads a text. */
const MACHINE_MS = 2400;
/** Whoever has said nothing until then says nothing that could be judged. */
const SILENT_MS = 5000;
/** So long a machine's tone is waited for. */
const BEEP_WITHIN_MS = 30_000;

type State =
  | { readonly name: "waiting" }
  /** Speech began at `sinceMs`, and was last heard at `spokenMs`. */
  | { readonly name: "greeting"; readonly sinceMs: number; readonly spokenMs: number }
  | { readonly name: "machine" }
  | { readonly name: "done" };

/**
 * A greeting that is short and followed by a pause is a person's, one that goes on is a machine's, and so is a tone.
 * A person's greeting is told after its pause; a machine is told as soon as it is known, and once more with its tone.
 */
export function createMachineDetector(): MachineDetector {
  const beeps = createBeepDetector();
  let state: State = { name: "waiting" };
  let nowMs = 0;
  let soundMs = 0;

  return {
    push(frame) {
      if (state.name === "done") return undefined;
      nowMs += FRAME_MS;
      const { ended, within } = beeps.push(frame);
      if (ended) {
        state = { name: "done" };
        return { result: "machine", beep: true, afterMs: nowMs };
      }
      soundMs = !within && audible(frame) ? soundMs + FRAME_MS : 0;
      const [next, result] = step(state, nowMs, soundMs);
      state = next;
      return result && { result, beep: false, afterMs: nowMs };
    },
    get done() {
      return state.name === "done";
    },
  };
}

/** 20 ms have passed; sound has been heard for the last `soundMs`. */
function step(state: State, nowMs: number, soundMs: number): readonly [State, MachineDetection["result"]?] {
  switch (state.name) {
    case "waiting":
      if (soundMs >= WORD_MS) return [{ name: "greeting", sinceMs: nowMs - soundMs, spokenMs: nowMs }];
      return nowMs >= SILENT_MS ? [{ name: "done" }, "unknown"] : [state];
    case "greeting": {
      const spokenMs = soundMs > 0 ? nowMs : state.spokenMs;
      const lengthMs = spokenMs - state.sinceMs;
      if (lengthMs > MACHINE_MS) return [{ name: "machine" }, "machine"];
      if (nowMs - spokenMs < PAUSE_MS) return [{ ...state, spokenMs }];
      return [{ name: "done" }, lengthMs <= LONGEST_HELLO_MS ? "human" : "unknown"];
    }
    case "machine":
      return nowMs >= BEEP_WITHIN_MS ? [{ name: "done" }] : [state];
    case "done":
      break;
  }
  return [state];
}
