import type { NumberConfig } from "./config/index.ts";
import type { Voices } from "./compose-voices.ts";

/** 20 minutes of 8 kHz. */
const MOST_BYTES = 20 << 20;

/**
 * Decodes the files that configured numbers play before anybody calls them, one after the other, up to `mostBytes` of memory.
 * Else they are decoded while the first calls wait for them, on a thread that starts at the same moment. What cannot be
 * played is told to the call that plays it.
 */
export async function preparePrompts(
  numbers: readonly NumberConfig[],
  prepare: Voices["prepare"],
  signal: AbortSignal,
  mostBytes = MOST_BYTES,
): Promise<void> {
  let bytes = 0;
  for (const name of promptsOf(numbers)) {
    if (signal.aborted || bytes >= mostBytes) return;
    bytes += await prepare(name, signal).catch(() => 0);
  }
}

/** Each once: a flow may play a file again and again. */
function promptsOf(numbers: readonly NumberConfig[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const number of numbers) {
    for (const action of [...("pcmo" in number ? number.pcmo : []), ...(number.fallback_pcmo ?? [])]) {
      if ((action.action === "play" || action.action === "play_get_input") && action.file.type === "name") names.add(action.file.name);
    }
  }
  return names;
}
