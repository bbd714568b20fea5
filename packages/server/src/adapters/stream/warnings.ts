import type { Issue } from "@piopiy/pcmo";
import type { StreamLine, StreamWarning } from "../../interpreter/index.ts";
import type { StreamEvent } from "./dialect.ts";

/** A bot that sends nonsense fifty times a second shall fill neither the call's timeline nor its own socket. */
const LIMIT = 20;

/** What could not be done, or not wholly: told to the call and to the bot, twenty times each. */
export interface Warnings {
  warn(warning: StreamWarning): void;
  /** What is wrong with one message. */
  issues(found: readonly Issue[]): void;
  /** Tells the call how many there were beyond. */
  finish(): void;
}

export function createWarnings(line: StreamLine["warn"], bot: (event: StreamEvent) => void): Warnings {
  let [count, told] = [0, 0];
  const tellCall = (warning: StreamWarning) => {
    count += 1;
    if (count <= LIMIT) line(warning);
  };
  const tellBot = (issues: readonly Issue[]) => {
    told += 1;
    if (told <= LIMIT) bot({ type: "warning", issues });
  };
  return {
    warn(warning) {
      tellCall(warning);
      if (warning.warning === "stream_audio") tellBot([{ path: "", message: warning.message }]);
    },
    issues(found) {
      if (found.length === 0) return;
      for (const issue of found) tellCall({ warning: "stream_message", ...issue });
      tellBot(found);
    },
    finish() {
      if (count > LIMIT) line({ warning: "stream_warnings", omitted: count - LIMIT });
    },
  };
}
