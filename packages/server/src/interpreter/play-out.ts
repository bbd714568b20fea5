import type { AudioSource } from "../audio/index.ts";
import { abortable } from "../base/index.ts";
import type { Data, Stage, VerbResult } from "./verb.ts";

/** What was heard of a source. */
type PlayedOut = VerbResult & { readonly outcome: Data };

/** Fetches a source, and plays it until its end or until `signal` aborts; the outcome is what was heard of it. */
export async function playOut(
  fetch: (signal: AbortSignal) => Promise<AudioSource>, { leg, line }: Stage, signal: AbortSignal,
): Promise<PlayedOut> {
  await line.open();
  const source = await abortable(fetch(signal), signal);
  const { complete, heardMs } = await leg.play(source, signal);
  return { outcome: { kind: source.kind, complete, heardMs } };
}
