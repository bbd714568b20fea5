import { channels, Emitter, PiopiyError, scope, type Clock, type Scope } from "../base/index.ts";
import type { MediaSession, SessionStatistics } from "../media/index.ts";
import type { LocalMedia, Negotiated } from "../sdp/index.ts";
import type { Dialog, SipRequest } from "../sip/index.ts";
import type { CallSource } from "./call-source.ts";
import type { Cause } from "./cause.ts";
import type { EncryptionChange, KeyingMethod } from "./encryption.ts";
import type { Leg, LegInfo } from "./leg.ts";
import { closeSession, keyingOf } from "./keying.ts";
import type { Offer } from "./offer-answer.ts";
import type { Transfers } from "./transfer-rules.ts";

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
  /** Whose parties may have themselves replaced by somebody else; `phones` unless given. */
  readonly refer?: ReferPolicy;
  /** Who the party is, where it is a phone or a trunk of ours. */
  readonly peer?: CallSource;
}

/** Who may transfer a call by REFER, or take one over by Replaces: nobody, phones that are registered here, or trunks as well. */
export type ReferPolicy = "off" | "phones" | "all";

/** What whoever makes legs gives to each of them. */
export type LegSettings = Pick<SipLegOptions, "mediaTimeoutMs" | "holdMusic" | "signalHold" | "refer">;

export const settingsOf = ({ mediaTimeoutMs, holdMusic, signalHold, refer }: LegSettings): LegSettings => ({
  ...(mediaTimeoutMs !== undefined && { mediaTimeoutMs }),
  ...(holdMusic && { holdMusic }),
  ...(signalHold !== undefined && { signalHold }),
  ...(refer && { refer }),
});

/** The signalling under a leg: what its direction and state make of answering and ending. */
export interface Line {
  answer(state: LegState): void;
  /** Tells the peer (BYE or refusal); resolves when it has been told. */
  end(state: LegState, cause: Cause): Promise<void>;
}

/** What the functions beside a SIP leg share of it. */
export interface LegState extends Omit<SipLegOptions, "peer"> {
  peer: CallSource | undefined;
  local: LocalMedia;
  readonly mediaTimeoutMs: number;
  readonly line: Line;
  readonly life: Scope;
  readonly digits: Emitter<{ digit: string }>;
  /** The leg itself. */
  leg?: Leg;
  /** Makes a dialog the one the leg is up by. */
  readonly attach: (state: LegState, dialog: Dialog) => void;
  /** Since the call is up. */
  dialog?: Dialog;
  /** Since offer and answer met: what came of them, and the description that the peer has from us. */
  negotiated?: Negotiated;
  description?: Uint8Array;
  /** Whoever is joined with this leg hears music. */
  heldByPeer: boolean;
  /** Offer and answer have met on audio in the clear, at least once. */
  wasClear: boolean;
  /** Told when its audio is encrypted in another way than before, or is not any more. */
  encryptionChanged?: (change: EncryptionChange) => void;
  /** A re-INVITE of ours is on its way. */
  offering: boolean;
  /** A 200 of ours made this offer: the ACK brings the answer. */
  offered?: Offer;
  /** Somebody is being called to take the party's place. */
  transferring: boolean;
  /** How many REFERs have been taken. */
  refers: number;
  /** The party has left meanwhile. */
  gone?: Cause;
  /** Serves the party's wish to have itself replaced; without it nobody does. */
  transfers?: Transfers;
  /** Takes what the party tells of a transfer that we have asked it for. */
  notified?: (notify: SipRequest) => boolean;
  /** How the first key came. */
  digitsBy?: "rfc4733" | "info";
  /** Since it was hung up by us: when the peer has been told. */
  told?: Promise<void>;
}

const states = new WeakMap<Leg, LegState>();

export function createLegState(options: SipLegOptions, line: Line, attach: LegState["attach"]): LegState {
  return {
    line,
    attach,
    life: scope(),
    digits: new Emitter<{ digit: string }>(),
    heldByPeer: false,
    wasClear: false,
    offering: false,
    transferring: false,
    refers: 0,
    // Not before the others: what begins as a copy and goes on gets a hidden class of its own, which is more than it holds itself.
    ...options,
    peer: options.peer,
    mediaTimeoutMs: options.mediaTimeoutMs ?? MEDIA_TIMEOUT_MS,
  };
}

export function rememberState(leg: Leg, state: LegState): void {
  state.leg = leg;
  states.set(leg, state);
}

/** The state behind a leg; legs without SIP have none. */
export const legStateOf = (leg: Leg): LegState | undefined => states.get(leg);

/** The same where there has to be one: media of two kinds cannot be joined. */
export function stateOf(leg: Leg): LegState {
  const state = states.get(leg);
  if (!state) throw new PiopiyError("media_failed", "this leg has no media session on this server's engine");
  return state;
}

const legsOfDialogs = new WeakMap<Dialog, LegState>();

export function rememberDialog(dialog: Dialog, state: LegState): void {
  legsOfDialogs.set(dialog, state);
}

/** The leg whose party this dialog is with now; `undefined` when there is none, or not any more. */
export function stateOfDialog(dialog: Dialog | undefined): LegState | undefined {
  const state = dialog && legsOfDialogs.get(dialog);
  return state?.dialog === dialog ? state : undefined;
}

/** The Call-ID (RFC 3261 §8.1.1.4) of a leg that is or was up over SIP. */
export const sipCallIdOf = (leg: Leg): string | undefined => states.get(leg)?.dialog?.callId;

/**
 * What a leg's media came to, once the leg has ended; `undefined` for one without media of ours. `packetsInvalid` are
 * datagrams that were no RTP of the leg, `packetsLost` holes in what the peer sent, `quality` what both parties heard.
 */
export const mediaStatisticsOf = (leg: Leg): Promise<LegMedia> | undefined => {
  const state = leg.signal.aborted ? states.get(leg) : undefined;
  const encryption = state && encryptionOf(state);
  return state?.session.close().then((media) => ({ ...media, ...(encryption && { encryption }) }));
};

/** What a leg's media came to, and how it was encrypted, in the end; absent: some of it was in the clear, or all. */
export interface LegMedia extends SessionStatistics {
  readonly encryption?: { readonly keys: KeyingMethod; readonly suite: string };
}

function encryptionOf({ negotiated, session, wasClear }: LegState): LegMedia["encryption"] {
  if (wasClear) return undefined;
  if (negotiated?.security) return { keys: "sdes", suite: negotiated.security.profile };
  const keys = negotiated?.dtls && keyingOf(session)?.keys;
  return keys && { keys: "dtls", suite: keys.profile };
}

/** The leg is over, whoever ended it. Ending twice does nothing. */
export function endState(state: LegState, cause: Cause): void {
  if (state.life.signal.aborted) return;
  state.life.close(cause);
  inBackground(closeSession(state.session));
}

/** For work whose result nobody waits for: its failure is published. */
export function inBackground(work: Promise<unknown>): void {
  work.then(undefined, (failure: unknown) => channels.failure.publish({ layer: "call", failure }));
}
