import { sequenceDistance } from "./sequence.ts";

/** Beyond 64, which RFC 3711 §3.3.2 asks for: more than two seconds of packets. */
const WINDOW = 128;
const CYCLE = 65_536;
/** RFC 3711 §9.2: a master key protects so many packets, and no more. */
const MOST_RTP = 2 ** 48;
const MOST_RTCP = 2 ** 31;

/** Which packets of one source have been seen (RFC 3711 §3.3.2). */
export interface ReplayWindow {
  /**
   * RFC 3711 §3.3.1: the index (roll-over counter × 65536 + sequence number) of an RTP packet, near the highest seen;
   * -1: it is of before the beginning. `cycle` counts where nothing has been seen.
   */
  indexOf(sequence: number, cycle?: number): number;
  /** Whether a packet of this index may still come: it is neither too old, nor seen, nor beyond what the key is good for. */
  isNew(index: number): boolean;
  /** It has come, and is authentic. */
  take(index: number): void;
}

export function replayWindow(of: "rtp" | "rtcp"): ReplayWindow {
  const seen = new Float64Array(WINDOW).fill(-1);
  const most = of === "rtp" ? MOST_RTP : MOST_RTCP;
  let highest = -1;
  return {
    indexOf(sequence, cycle = 0) {
      if (highest < 0) return cycle * CYCLE + sequence;
      // Below zero it is from before the first cycle, which there is nothing of.
      return Math.max(-1, highest + sequenceDistance(sequence, highest % CYCLE));
    },
    isNew: (index) => index >= 0 && index > highest - WINDOW && index < most && seen[index % WINDOW] !== index,
    take(index) {
      seen[index % WINDOW] = index;
      if (index > highest) highest = index;
    },
  };
}
