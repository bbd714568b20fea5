import type { Protocol } from "./protocols.ts";

/** What a bot sends: something to say, whole, and what throws it away. */
export interface BotWords {
  say(pcm: Uint8Array): Uint8Array;
  readonly interrupt: string;
}

const AUDIO = 1;
const HEADER_BYTES = 8;

/** `live`: what is said is being made at the speed of the bot's clock, and goes on. */
export function botWords(protocol: Protocol, live = false): BotWords {
  if (protocol === "compatible") return { say: (pcm) => pcm, interrupt: JSON.stringify({ action: "break" }) };
  let utterance = 0;
  return {
    say(pcm) {
      // Something that goes on is one utterance; what is said whole is one of its own, and ends with itself.
      if (!live || utterance === 0) utterance += 1;
      const frame = new Uint8Array(HEADER_BYTES + pcm.length);
      frame.set([AUDIO, live ? 2 : 1]);
      new DataView(frame.buffer).setUint32(4, utterance, true);
      frame.set(pcm, HEADER_BYTES);
      return frame;
    },
    interrupt: JSON.stringify({ type: "clear" }),
  };
}

/** PCM as it goes over the wire, on a machine that is little-endian as the wire is. */
export const pcmOf = (samples: Int16Array): Uint8Array => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
