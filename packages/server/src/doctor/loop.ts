import { type Check, failed, ok, warning } from "./check.ts";

/** What two phones heard of each other through a server, all on this machine. */
export interface AudioFacts {
  /** Of the time it was listened, how much each way was the tone of the other side, from 0 to 1. */
  readonly heard: readonly [number, number];
  readonly packetsLost: number;
  /** The latest any packet left behind its turn, in ms. */
  readonly latestSendMs: number;
  /** From the call to the first tone, in ms. */
  readonly setUpMs: number;
}

/** `undefined`: the call did not come up. */
export function judgeAudio(facts: AudioFacts | { readonly why: string }): Check {
  if ("why" in facts) {
    return failed("audio", `A call through a server of its own failed: ${facts.why}.`, "Let UDP pass on the loopback interface; look for a firewall on this machine.");
  }
  const [there, back] = facts.heard.map((share) => Math.round(share * 1000) / 10);
  const figures = { heard_there_percent: there ?? 0, heard_back_percent: back ?? 0, packets_lost: facts.packetsLost, latest_send_ms: Math.round(facts.latestSendMs * 10) / 10, set_up_ms: Math.round(facts.setUpMs) };
  const says = `A tone was heard ${there} % of the time one way and ${back} % the other; ${facts.packetsLost} packets lost, the latest ${figures.latest_send_ms} ms late.`;
  const todo = "Stop what else uses this machine's processors; a virtual machine needs processors of its own.";
  if (Math.min(...facts.heard) < 0.9) return failed("audio", says, todo, figures);
  if (Math.min(...facts.heard) < 0.99 || facts.packetsLost > 0 || facts.latestSendMs > 40) return warning("audio", says, todo, figures);
  return ok("audio", says, figures);
}

/** How long a spoken sentence was heard, or why it was not. */
export function judgeSpeech(facts: { readonly audibleMs: number; readonly provider: string } | { readonly why: string }): Check {
  const todo = "See speech in the configuration: the address and key of the service, or that espeak-ng is installed.";
  if ("why" in facts) return failed("speech", `A sentence could not be spoken: ${facts.why}.`, todo);
  const figures = { audible_ms: Math.round(facts.audibleMs) };
  if (facts.audibleMs < 500) return failed("speech", `Of a sentence only ${figures.audible_ms} ms were to be heard.`, todo, figures);
  return ok("speech", `${facts.provider} speaks.`, figures);
}
