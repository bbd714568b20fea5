import { FRAME_MS } from "../audio/index.ts";
import type { MediaStatistics } from "./engine.ts";
import { heardQuality, rounded, type HeardQuality, type LegQuality } from "./quality.ts";
import type { Reception } from "./rtcp-reception.ts";
import type { Rtcp } from "./rtcp-session.ts";

/** Fewer packets than this, a second of them, say nothing. */
const FEWEST_PACKETS = 50;
/** What a party waits for late packets, of which its reports say nothing: as we do in the beginning. */
const USUAL_DEPTH_MS = 2 * FRAME_MS;

type Counts = Pick<MediaStatistics, "packetsSent" | "packetsReceived" | "packetsLost" | "packetsDiscarded">;

/** What came from the party. */
interface Heard {
  readonly reception: Pick<Reception, "jitterMs">;
  readonly depthMs: number;
  /** Packets that came once more. */
  readonly repeated: number;
}

/** What the media of a session were like; undefined: there was too little to say anything. */
export function legQuality(counts: Counts, { peer }: Pick<Rtcp, "peer">, inbound: Heard): LegQuality | undefined {
  // Half of the round trip, and the packet that has to be full before it can leave.
  const wayMs = (peer.roundTripMs ?? 0) / 2 + FRAME_MS;
  const received = heardFrom(counts, wayMs, inbound);
  const sent = heardBy(counts, peer, wayMs + USUAL_DEPTH_MS);
  if (!received && !sent) return undefined;
  return { ...received, ...sent, ...(peer.roundTripMs !== undefined && { roundTripMs: rounded(peer.roundTripMs, 1) }) };
}

function heardFrom({ packetsReceived, packetsLost, packetsDiscarded }: Counts, wayMs: number, { reception, depthMs, repeated }: Heard): { readonly received: HeardQuality } | undefined {
  const came = packetsReceived - repeated;
  if (came < FEWEST_PACKETS) return undefined;
  // Where packets come twice, the second one is discarded, and nothing is missing.
  const missed = packetsLost + Math.max(0, packetsDiscarded - repeated);
  const lossPercent = Math.min(100, (100 * missed) / (came + packetsLost));
  return { received: heardQuality({ delayMs: wayMs + depthMs, lossPercent }, reception.jitterMs) };
}

function heardBy({ packetsSent }: Counts, peer: Rtcp["peer"], delayMs: number): { readonly sent: HeardQuality } | undefined {
  if (packetsSent < FEWEST_PACKETS || peer.lossPercent === undefined) return undefined;
  return { sent: heardQuality({ delayMs, lossPercent: peer.lossPercent }, peer.jitterMs) };
}
