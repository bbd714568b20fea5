import { channels, Emitter, PiopiyError, scope, type Clock, type Scope } from "../base/index.ts";
import type { MediaSession, SessionStatistics } from "../media/index.ts";
import type { LocalMedia, Negotiated } from "../sdp/index.ts";
import type { Dialog } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import type { Leg, LegInfo } from "./leg.ts";
import type { Offer } from "./offer-answer.ts";

/** A peer without a packet for so long is taken for gone. */
const MEDIA_TIMEOUT_MS = 60_000;

export interface SipLegOptions {
  readonly id: string;
  readonly info: LegInfo;
  /** Owned by the leg from now on: closed when the leg ends. */
  readonly session: MediaSession;
  /** What the session can do, and the direction we want. */
  readonly local: LocalMedia;
  readonly clock: Clock;
  /** How long the peer may send nothing while it should, before the leg ends with `media_timeout`. 0: for ever. */
  readonly mediaTimeoutMs?: number;
  /** What is heard on hold in place of the built-in music: 8 kHz. */
  readonly holdMusic?: Int16Array;
  /** A peer that is put on hold is told so by a re-INVITE as well, for phones that show it. */
  readonly signalHold?: boolean;
}

/** What whoever makes legs gives to each of them. */
export type LegSettings = Pick<SipLegOptions, "mediaTimeoutMs" | "holdMusic" | "signalHold">;

export const settingsOf = ({ mediaTimeoutMs, holdMusic, signalHold }: LegSettings): LegSettings => ({
  ...(mediaTimeoutMs !== undefined && { mediaTimeoutMs }),
  ...(holdMusic && { holdMusic }),
  ...(signalHold !== undefined && { signalHold }),
});

/** The signalling under a leg: what its direction and state make of answering and ending. */
export interface Line {
  answer(state: LegState): void;
  /** Tells the peer (BYE or refusal); resolves when it has been told. */
  end(state: LegState, cause: Cause): Promise<void>;
}

/** What the functions beside a SIP leg share of it. */
export interface LegState extends SipLegOptions {
  local: LocalMedia;
  readonly mediaTimeoutMs: number;
  readonly line: Line;
  readonly life: Scope;
  readonly digits: Emitter<{ digit: string }>;
  /** Since the call is up. */
  dialog?: Dialog;
  /** Since offer and answer met: what came of them, and the description that the peer has from us. */
  negotiated?: Negotiated;
  description?: Uint8Array;
  /** Whoever is joined with this leg hears music. */
  heldByPeer: boolean;
  /** A re-INVITE of ours is on its way. */
  offering: boolean;
  /** A 200 of ours made this offer: the ACK brings the answer. */
  offered?: Offer;
  /** How the first key came. */
  digitsBy?: "rfc4733" | "info";
  /** Since it was hung up by us: when the peer has been told. */
  told?: Promise<void>;
}

const states = new WeakMap<Leg, LegState>();

export function createLegState(options: SipLegOptions, line: Line): LegState {
  return {
    ...options,
    mediaTimeoutMs: options.mediaTimeoutMs ?? MEDIA_TIMEOUT_MS,
    line,
    life: scope(),
    digits: new Emitter<{ digit: string }>(),
    heldByPeer: false,
    offering: false,
  };
}

export function rememberState(leg: Leg, state: LegState): void {
  states.set(leg, state);
}

/** The state behind a leg. Only legs of this layer have one: media of two kinds cannot be joined. */
export function stateOf(leg: Leg): LegState {
  const state = states.get(leg);
  if (!state) throw new PiopiyError("media_failed", "this leg has no media session on this server's engine");
  return state;
}

/** The Call-ID (RFC 3261 §8.1.1.4) of a leg that is or was up over SIP. */
export const sipCallIdOf = (leg: Leg): string | undefined => states.get(leg)?.dialog?.callId;

/**
 * What a leg's media came to, once the leg has ended; `undefined` for one without media of ours. `packetsInvalid` are
 * datagrams that were no RTP of the leg, `packetsLost` holes in what the peer sent, `quality` what both parties heard.
 */
export const mediaStatisticsOf = (leg: Leg): Promise<SessionStatistics> | undefined =>
  leg.signal.aborted ? states.get(leg)?.session.close() : undefined;

/** The leg is over, whoever ended it. Ending twice does nothing. */
export function endState(state: LegState, cause: Cause): void {
  if (state.life.signal.aborted) return;
  state.life.close(cause);
  inBackground(state.session.close());
}

/** For work whose result nobody waits for: its failure is published. */
export function inBackground(work: Promise<unknown>): void {
  work.then(undefined, (failure: unknown) => channels.failure.publish({ layer: "call", failure }));
}
