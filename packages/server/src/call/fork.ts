import type { Clock } from "../base/index.ts";
import type { Dialog, Header, InviteOutcome, OutgoingInvite, OutgoingRequest, SipResponse, UserAgent } from "../sip/index.ts";
import { ANSWERED_ELSEWHERE, type Cause } from "./cause.ts";
import { inBackground } from "./leg-state.ts";
import { causeOfStatus, reasonHeader } from "./sip-cause.ts";

export interface ForkOptions<R extends OutgoingRequest> {
  readonly userAgent: UserAgent;
  readonly clock: Clock;
  /** One INVITE each, sent at once. */
  readonly requests: readonly R[];
  readonly timeoutMs: number;
  readonly onRinging: () => void;
  /** A provisional response came with a body. */
  readonly onEarly?: (response: SipResponse, request: R) => void;
  /** What to ask for in place of what was refused. */
  readonly instead?: (refused: R, status: number) => R | undefined;
}

export type ForkOutcome<R extends OutgoingRequest> =
  | { readonly accepted: true; readonly dialog: Dialog; readonly response: SipResponse; readonly request: R }
  | { readonly accepted: false; readonly cause: Cause };

interface Branch<R> {
  readonly request: R;
  readonly invite: OutgoingInvite;
  rang: boolean;
}

const TIMED_OUT: Cause = { reason: "no_answer", who: "us" };
const GIVEN_UP: Cause = { reason: "cancelled", who: "us" };

/** Calls several places at once. The first to answer wins; the others are cancelled, or hung up if they answer too. */
export function fork<R extends OutgoingRequest>(options: ForkOptions<R>, signal: AbortSignal): Promise<ForkOutcome<R>> {
  return new Promise((resolve) => {
    const refusals: Cause[] = [];
    let over = false;
    let farewell: readonly Header[] = [];
    const finish = (outcome: ForkOutcome<R>, winner?: Branch<R>) => {
      if (over) return;
      over = true;
      timer.cancel();
      signal.removeEventListener("abort", abandoned);
      farewell = [["Reason", reasonHeader(outcome.accepted ? ANSWERED_ELSEWHERE : outcome.cause)]];
      for (const branch of branches) if (branch !== winner) branch.invite.cancel(farewell);
      resolve(outcome);
    };
    const refused = (cause: Cause) => {
      refusals.push(cause);
      // RFC 3261 §16.7 step 5: a 6xx speaks for the called party wherever it is.
      const decided = cause.sipStatus !== undefined && cause.sipStatus >= 600;
      if (decided) finish({ accepted: false, cause });
      else if (refusals.length === branches.length) finish({ accepted: false, cause: best(refusals) });
    };
    const settled = (branch: Branch<R>, outcome: InviteOutcome) => {
      const next = outcome.kind === "refused" && !over ? options.instead?.(branch.request, outcome.response.status) : undefined;
      if (next) {
        branches.splice(branches.indexOf(branch), 1);
        launch(next);
      } else if (outcome.kind !== "accepted") refused(causeOf(outcome, branch.rang));
      else if (over) inBackground(outcome.dialog.bye(farewell));
      else finish({ accepted: true, dialog: outcome.dialog, response: outcome.response, request: branch.request }, branch);
    };
    const abandoned = () => finish({ accepted: false, cause: signal.reason === ANSWERED_ELSEWHERE ? ANSWERED_ELSEWHERE : GIVEN_UP });
    const timer = options.clock.setTimer(options.timeoutMs, () => finish({ accepted: false, cause: TIMED_OUT }));
    signal.addEventListener("abort", abandoned, { once: true });
    // What comes from whoever is being cancelled is no news any more.
    const onRinging = () => {
      if (!over) options.onRinging();
    };
    const onEarly = (response: SipResponse, request: R) => {
      if (!over) options.onEarly?.(response, request);
    };
    const branches: Branch<R>[] = [];
    const launch = (request: R) => {
      const branch = start({ ...options, onRinging, onEarly }, request);
      branches.push(branch);
      inBackground(branch.invite.outcome.then((outcome) => settled(branch, outcome)));
    };
    for (const request of options.requests) launch(request);
  });
}

function start<R extends OutgoingRequest>({ userAgent, onRinging, onEarly }: ForkOptions<R>, request: R): Branch<R> {
  const branch: Branch<R> = { request, invite: userAgent.invite(request), rang: false };
  branch.invite.events.on("provisional", (response) => {
    const { status, body } = response;
    if (body.length > 0) onEarly?.(response, request);
    // 181 and 182 (forwarded, queued) alert nobody yet.
    if (status !== 180 && status !== 183) return;
    branch.rang = true;
    onRinging();
  });
  return branch;
}

const FAILURES = {
  timeout: { reason: "unreachable", who: "network", sipStatus: 408 },
  transport: { reason: "unreachable", who: "network", sipStatus: 503 },
  cancelled: GIVEN_UP,
} as const satisfies Record<string, Cause>;

const causeOf = (outcome: Exclude<InviteOutcome, { kind: "accepted" }>, rang: boolean): Cause =>
  outcome.kind === "refused" ? causeOfStatus(outcome.response.status, rang) : FAILURES[outcome.why];

/** RFC 3261 §16.7 step 6 leaves the choice among refusals: what the caller can best act upon comes first. */
const PREFERENCE = ["busy", "rejected", "no_answer", "failed", "unreachable", "cancelled"];

function best(refusals: readonly Cause[]): Cause {
  const ranked = refusals.toSorted((a, b) => PREFERENCE.indexOf(a.reason) - PREFERENCE.indexOf(b.reason));
  return ranked[0] ?? GIVEN_UP;
}
