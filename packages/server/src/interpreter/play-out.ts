import type { AudioSource } from "../audio/index.ts";
import { abortable } from "../base/index.ts";
import type { Data, Stage } from "./verb.ts";

/** Fetches a source, and plays it until its end or until `signal` aborts; tells what was heard of it. */
export async function playOut(
  fetch: (signal: AbortSignal) => Promise<AudioSource>, { leg, line }: Stage, signal: AbortSignal,
): Promise<Data> {
  await line.open();
  const source = await abortable(fetch(signal), signal);
  const { complete, heardMs } = await leg.play(source, signal);
  return { kind: source.kind, complete, heardMs };
}
