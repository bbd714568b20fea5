import type { Destination } from "@piopiy/pcmo";
import { ANSWERED_ELSEWHERE, type Cause, type DialOutcome, type DialRequest, type DialTarget, type Leg } from "../call/index.ts";
import { describe } from "./failure.ts";
import type { Ringing } from "./ringback.ts";
import type { CallContext } from "./call-context.ts";
import type { ActionOf, Stage } from "./verb.ts";

export type Dialling = ActionOf<"bridge" | "connect">;

/** One try to reach one destination, for the outcome of the action. Without a cause it was answered. */
export interface Attempt {
  readonly round: number;
  /** Index into `connect`. */
  readonly destination: number;
  readonly legId: string;
  readonly cause?: Cause;
}

export interface Answer extends Attempt {
  readonly leg: Leg;
  /** See `DialOutcome`. */
  readonly released?: AbortSignal;
}

const givenUp = ({ reason }: AbortSignal): Cause => (reason === ANSWERED_ELSEWHERE ? ANSWERED_ELSEWHERE : { reason: "cancelled", who: "us" });

/** Dials one destination; never rejects. Whoever answers after `signal` has aborted is hung up at once. */
export async function dial(
  action: Dialling, round: number, destination: number, heard: Ringing, stage: Stage, signal: AbortSignal,
): Promise<Attempt | Answer> {
  const { call, leg, note, ports } = stage;
  const legId = ports.ids.uuid();
  const attempt = { round, destination, legId };
  const to = action.connect[destination];
  if (!to) return { ...attempt, cause: { reason: "unreachable", who: "us" } };
  const target = targetOf(to);
  const request: DialRequest = {
    target, from: action.from ?? ownNumber(call), timeoutMs: action.timeout * 1000, legId, near: leg,
    onRinging() {
      note("leg.ringing", attempt, legId);
      heard.ringing();
    },
    onEarlyMedia(media) {
      note("leg.early_media", attempt, legId);
      heard.early(media);
    },
  };
  note("leg.dialled", { ...attempt, to: masked(target) }, legId);
  const outcome = await outcomeOf(request, stage, signal);
  if (outcome.answered) {
    note("leg.answered", attempt, legId);
    const { leg: other, released } = outcome;
    if (!signal.aborted) return { ...attempt, leg: other, ...(released && { released }) };
    await outcome.leg.hangup(givenUp(signal));
  }
  const cause = outcome.answered ? givenUp(signal) : outcome.cause;
  note("leg.ended", { ...attempt, ...cause }, legId);
  return { ...attempt, cause };
}

async function outcomeOf(request: DialRequest, { ports, note }: Stage, signal: AbortSignal): Promise<DialOutcome> {
  try {
    return await ports.dialler.dial(request, signal);
  } catch (failure) {
    if (signal.aborted) return { answered: false, cause: givenUp(signal) };
    const { code, message } = describe(failure);
    note("warning", { warning: "dial_failed", code, message }, request.legId);
    return { answered: false, cause: { reason: code === "no_route" ? "unreachable" : "failed", who: "us" } };
  }
}

function targetOf(destination: Destination): DialTarget {
  if (destination.type === "pstn") return { type: "number", number: destination.number };
  return "user" in destination ? { type: "user", user: destination.user } : { type: "uri", uri: destination.uri };
}

/** The number of ours in this call: the caller id of what it dials when the action names none. */
const ownNumber = (call: CallContext): string => (call.direction === "outbound" ? call.from : call.to);

/** Enough of a destination to recognise it by whoever knows it. */
function masked(target: DialTarget): string {
  const text = target.type === "number" ? target.number : target.type === "user" ? target.user : target.uri;
  const shown = text.length > 6 ? 3 : 1;
  return "*".repeat(Math.max(0, text.length - shown)) + text.slice(-shown);
}
