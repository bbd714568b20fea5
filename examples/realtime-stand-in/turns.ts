import { bytesPerMs, loudPart, type RealtimeFormat } from "./formats.ts";

/** Finds where speech begins and ends in what a client sends, by its loudness. */
export interface Turns {
  /** What happened in these bytes, if anything; `atMs` is counted from the first byte. */
  push(bytes: Uint8Array, format: RealtimeFormat): { readonly event: "started" | "stopped"; readonly atMs: number } | undefined;
}

const BEGINS_MS = 60;
const ENDS_MS = 300;

export function createTurns(): Turns {
  let [atMs, sinceMs, speaking] = [0, 0, false];
  return {
    push(bytes, format) {
      const ms = bytes.length / bytesPerMs(format);
      atMs += ms;
      const differs = loudPart(bytes, format) > 0.3 !== speaking;
      sinceMs = differs ? sinceMs + ms : 0;
      if (sinceMs < (speaking ? ENDS_MS : BEGINS_MS)) return undefined;
      sinceMs = 0;
      speaking = !speaking;
      return { event: speaking ? "started" : "stopped", atMs: Math.round(atMs) };
    },
  };
}
