import type { StreamLine } from "../../interpreter/index.ts";
import type { BotRequest } from "./dialect.ts";
import type { Intake } from "./intake.ts";
import type { Uplink } from "./uplink.ts";
import type { Voice } from "./voice.ts";

export interface PerformerParts {
  readonly intake: Intake;
  readonly voice: Voice;
  readonly uplink: Uplink;
  readonly line: StreamLine;
  readonly warn: StreamLine["warn"];
  readonly stop: () => void;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
}

/** Does what a bot asks for. */
export function createPerformer({ intake, voice, uplink, line, warn, stop }: PerformerParts): (request: BotRequest) => void {
  const issues = (found: Extract<BotRequest, { type: "unreadable" }>["issues"]) => {
    for (const issue of found) warn({ warning: "stream_message", ...issue });
  };
  return (request) => {
    switch (request.type) {
      case "audio":
        return intake.take(request.audio);
      case "clear":
        intake.clear();
        return voice.clear();
      case "pause":
      case "resume":
        return request.what === "listening" ? uplink.pause(request.type === "pause") : undefined;
      case "digits":
      case "end":
      case "mark":
        return undefined;
      case "stop":
        return stop();
      case "flow":
        issues(request.warnings);
        return line.perform(request.flow);
      case "unreadable":
        return issues(request.issues);
    }
  };
}
