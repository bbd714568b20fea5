import { channels, PiopiyError } from "../../base/index.ts";
import type { StreamLine } from "../../interpreter/index.ts";
import type { BotRequest } from "./dialect.ts";
import type { Intake, Spoken } from "./intake.ts";
import type { Uplink } from "./uplink.ts";
import type { Voice } from "./voice.ts";
import type { Warnings } from "./warnings.ts";

export interface PerformerParts {
  readonly intake: Intake;
  readonly voice: Voice;
  readonly uplink: Uplink;
  readonly line: StreamLine;
  readonly warnings: Warnings;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
}

/** Does what a bot asks for, but for closing its socket: that is the socket's. */
export type Perform = (request: Exclude<BotRequest, { type: "stop" }>) => void;

export function createPerformer({ intake, voice, uplink, line, warnings, signal }: PerformerParts): Perform {
  const press = createPresser(line, (message) => warnings.issues([{ path: "/digits", message }]), signal);
  return (request) => {
    switch (request.type) {
      case "audio":
      case "end":
      case "mark":
        return intake.take(request);
      case "clear":
        return clear(intake, voice, request.utterance);
      case "pause":
      case "resume":
        return (request.what === "listening" ? uplink : voice).pause(request.type === "pause");
      case "digits":
        return press(request.digits);
      case "flow":
        warnings.issues(request.warnings);
        return line.perform(request.flow);
      case "unreadable":
        return warnings.issues(request.issues);
    }
  };
}

/** One that comes through the intake. `decoded`: of a file. */
export function speak(voice: Voice, spoken: Spoken, decoded?: Int16Array): void {
  switch (spoken.type) {
    case "audio":
      return voice.say(spoken, decoded);
    case "end":
      return voice.end(spoken.utterance);
    case "mark":
      return voice.mark(spoken.name);
    case "clear":
      return voice.clear(spoken.utterance);
  }
}

/** What still waits to be decoded was said all the same: its utterances begin, and are over, and its marks are cleared. */
function clear(intake: Intake, voice: Voice, utterance: number | undefined): void {
  if (utterance === undefined) {
    for (const spoken of intake.clear()) speak(voice, spoken);
    return voice.clear();
  }
  const waits = intake.empty(utterance);
  if (waits && !voice.began(utterance)) return intake.take({ type: "clear", utterance });
  return voice.clear(utterance, waits && voice.says(utterance) ? intake.takeMarks(utterance) : []);
}

const MAXIMUM_WAITING = 32;

/** Presses keys, one message after the other. */
function createPresser(line: StreamLine, refused: (message: string) => void, signal: AbortSignal): (digits: string) => void {
  let waiting = 0;
  let last = Promise.resolve();
  const send = async (digits: string) => {
    try {
      if (!signal.aborted) await line.sendDigits(digits, signal);
    } catch (failure) {
      if (failure instanceof PiopiyError) refused(failure.message);
      else if (!signal.aborted) channels.failure.publish({ layer: "adapters", failure });
    }
    waiting -= 1;
  };
  return (digits) => {
    if (waiting >= MAXIMUM_WAITING) return refused("Too many keys wait to be pressed.");
    waiting += 1;
    last = last.then(() => send(digits));
    return undefined;
  };
}
