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

/** What the media of a session were like; undefined: there was too little to say anything. */
export function legQuality(counts: Counts, { peer }: Pick<Rtcp, "peer">, inbound: { readonly reception: Reception; readonly depthMs: number }): LegQuality | undefined {
  // Half of the round trip, and the packet that has to be full before it can leave.
  const wayMs = (peer.roundTripMs ?? 0) / 2 + FRAME_MS;
  const received = heardFrom(counts, wayMs + inbound.depthMs, inbound.reception.jitterMs);
  const sent = heardBy(counts, peer, wayMs + USUAL_DEPTH_MS);
  if (!received && !sent) return undefined;
  return { ...received, ...sent, ...(peer.roundTripMs !== undefined && { roundTripMs: rounded(peer.roundTripMs, 1) }) };
}

function heardFrom(counts: Counts, delayMs: number, jitterMs: number): { readonly received: HeardQuality } | undefined {
  const { packetsReceived, packetsLost, packetsDiscarded } = counts;
  if (packetsReceived < FEWEST_PACKETS) return undefined;
  const lossPercent = Math.min(100, (100 * (packetsLost + packetsDiscarded)) / (packetsReceived + packetsLost));
  return { received: heardQuality({ delayMs, lossPercent }, jitterMs) };
}

function heardBy({ packetsSent }: Counts, peer: Rtcp["peer"], delayMs: number): { readonly sent: HeardQuality } | undefined {
  if (packetsSent < FEWEST_PACKETS || peer.lossPercent === undefined) return undefined;
  return { sent: heardQuality({ delayMs, lossPercent: peer.lossPercent }, peer.jitterMs) };
}
