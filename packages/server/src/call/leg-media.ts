import type { DtlsFailure } from "../dtls/index.ts";
import { DTLS_PROTOCOLS, type LocalMedia, type Negotiated } from "../sdp/index.ts";
import { DTLS_PROTOCOL } from "./encryption.ts";
import { hangUp } from "./hang-up.ts";
import { builtInHoldMusic } from "./hold-music.ts";
import { configureMedia, keyingOf } from "./keying.ts";
import { noteEncryption } from "./leg-encryption.ts";
import { inBackground, type LegState } from "./leg-state.ts";
import type { Settled } from "./offer-answer.ts";

/** Turns what the media session tells into what the leg tells, as long as the leg lives. */
export function watchMedia(state: LegState): void {
  const { events } = state.session;
  const stops = [
    events.on("digit", ({ digit }) => press(state, digit, "rfc4733")),
    events.on("quiet", ({ quietMs }) => quiet(state, quietMs)),
    // Neither side hears the other any more, and there is no way back.
    events.on("lost", () => inBackground(hangUp(state, { reason: "media_failed", who: "us" }))),
  ];
  state.life.onClose(() => {
    for (const stop of stops) stop();
  });
}

/**
 * A key of the party. Some phones send each key as RFC 4733 and as INFO as well: the way the first key came is
 * believed, and the other one is not listened to, for the rest of the leg.
 */
export function press(state: LegState, digit: string, by: "rfc4733" | "info"): void {
  state.digitsBy ??= by;
  if (state.digitsBy === by && !state.life.signal.aborted) state.digits.emit("digit", digit);
}

/** Puts what offer and answer settled into force. */
export function setMedia(state: LegState, { local, description, negotiated }: Settled): void {
  if (state.life.signal.aborted) return;
  // Offers that follow in the call ask for what was agreed on.
  state.local = asAgreed(local, negotiated);
  noteEncryption(state, negotiated);
  state.description = description;
  state.negotiated = negotiated;
  configureMedia(state.session, negotiated);
  const failed = (why: DtlsFailure) => inBackground(hangUp(state, { reason: "encryption_failed", who: why === "timeout" ? "network" : "peer" }));
  keyingOf(state.session)?.onFailure(failed, () => !state.dialog);
  const held = isHeldByPeer(negotiated);
  if (held !== state.heldByPeer) state.session.hold("partners", held ? (state.holdMusic ?? builtInHoldMusic()) : undefined);
  state.heldByPeer = held;
}

function asAgreed(local: LocalMedia, { security, dtls, protocol = "RTP/AVP" }: Negotiated): LocalMedia {
  if (!dtls || !local.security?.dtls) return { ...local, secured: security && protocol };
  const own = { ...local.security, dtls: { ...local.security.dtls, role: dtls.role } };
  return { ...local, security: own, secured: DTLS_PROTOCOLS.has(protocol) ? protocol : DTLS_PROTOCOL };
}

/** RFC 3264 §8.4: the peer takes nothing from us any more, or gives the address 0.0.0.0 in the way of RFC 2543. */
function isHeldByPeer({ direction, remote }: Negotiated): boolean {
  return direction === "recvonly" || direction === "inactive" || remote.host === "0.0.0.0";
}

/** The session counts the quiet anew with each change, so that a hold that has just ended does not count. */
function quiet(state: LegState, quietMs: number): void {
  // Only a peer that is talked with both ways must send: one that holds us may be silent (RFC 3264 §8.4).
  if (state.negotiated?.direction !== "sendrecv") return;
  // Nor one that waits for the answer and may only listen.
  if (!state.dialog) return;
  if (state.mediaTimeoutMs === 0 || quietMs < state.mediaTimeoutMs) return;
  inBackground(hangUp(state, { reason: "media_timeout", who: "network" }));
}
