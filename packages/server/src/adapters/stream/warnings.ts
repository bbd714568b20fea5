import type { StreamLine } from "../../interpreter/index.ts";

/** A bot that sends nonsense fifty times a second shall not fill the call's timeline. */
const LIMIT = 20;

/** Passes the first 20 warnings on, and in the end how many there were beyond. */
export function limitedWarnings(tell: StreamLine["warn"]): { readonly warn: StreamLine["warn"]; readonly finish: () => void } {
  let count = 0;
  return {
    warn(warning) {
      count += 1;
      if (count <= LIMIT) tell(warning);
    },
    finish() {
      if (count > LIMIT) tell({ warning: "stream_warnings", omitted: count - LIMIT });
    },
  };
}
