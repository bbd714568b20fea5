import type { Issue, MakeCallRequest } from "@piopiy/pcmo";
import type { Scope } from "../base/index.ts";
import type { Cause, Leg } from "../call/index.ts";
import type { FlowSwitch, Timeline } from "../interpreter/index.ts";
import type { Outbox } from "../outbox/index.ts";
import type { TollGuard } from "./guards/toll-guard.ts";
import type { Pacing } from "./pacing.ts";
import type { Deleted } from "./retention/deleted.ts";
import type { ControlOptions } from "./settings.ts";

// The nouns of this layer; what they do stands in the files beside.

/** The options and what lives beside them. */
export interface World extends ControlOptions {
  readonly registry: Registry;
  readonly outbox: Outbox;
  readonly pacing: Pacing;
  readonly guard: TollGuard;
}

/** A checked request for a call. */
export interface PlaceCall {
  readonly request: Omit<MakeCallRequest, "secret">;
  /** Asked for the flow when the call is answered; `request.pcmo` is empty then. */
  readonly answerUrl?: string;
  /** What was accepted but ignored: it is put on the timeline. */
  readonly warnings: readonly Issue[];
  /** Keeps the answer under a key, in the same transaction as the call. */
  readonly idempotency?: {
    readonly key: string;
    readonly requestHash: string;
    readonly responseOf: (requestId: string) => unknown;
  };
}

export interface PlacedCall {
  readonly callId: string;
  /** 43 letters and digits. */
  readonly requestId: string;
}

export interface CallFacts {
  readonly id: string;
  /** What the API answered; absent on inbound calls. */
  readonly requestId?: string;
  /** Empty for a call that is no app's. */
  readonly appid: string;
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
}

/** What webhooks say of a call, whatever they tell. */
export interface ToldCall {
  readonly facts: CallFacts;
  /** What webhooks carry as `extra_params`. */
  readonly extraParams: string | undefined;
  /** Since there is one: the id of the first leg. */
  readonly firstLegId: string | undefined;
  /** The place of the next event in the call, from 1. */
  nextSequence(): number;
}

export interface CallTimeline extends Timeline {
  /** Events that were no entries any more, as there were too many of them. */
  readonly leftOut: number;
}

/** A call from its request to its record. */
export interface LiveCall extends ToldCall {
  /** Closing it, with a `Cause`, ends the call. */
  readonly life: Scope;
  readonly timeline: CallTimeline;
  readonly legs: Map<string, LegRecord>;
  /** Flows of legs that were taken out of a bridge; they never reject. */
  readonly others: Promise<unknown>[];
  /** Told once the flow is over: only then is `extraParams` what it will be. */
  readonly afterFlow: (() => void)[];
  extraParams: string | undefined;
  firstLegId: string | undefined;
  ended: boolean;
  /** It waits for its turn: nobody has been dialled. */
  queued: boolean;
  /** Resolves when its record is complete. */
  done: Promise<void>;
}

export interface LegFacts {
  /** `cmiuuid` on the wire. */
  readonly id: string;
  readonly which: "a" | "b";
  readonly direction: "inbound" | "outbound";
  readonly from: string;
  readonly to: string;
}

export interface LegTimes {
  readonly startedMs: number;
  ringingMs?: number;
  answeredMs?: number;
  endedMs?: number;
}

/** Takes down what becomes of one leg: its row, its live events, its CDR. Each step counts once, and none after the end. */
export interface LegRecord {
  readonly facts: LegFacts;
  readonly times: Readonly<LegTimes>;
  ringing(): void;
  answered(): void;
  bridged(): void;
  ended(cause: Cause): void;
  /** Ends the leg itself. */
  readonly hangup: (cause: Cause) => void;
  /** Calls `then` when it is answered, at once if it is. */
  onAnswered(then: () => void): void;
  /** Since there is one: an inbound leg from the beginning, an outbound one since it was answered. */
  leg?: Leg;
  /** Since a flow is performed on it. */
  flow?: FlowSwitch;
  /** While it belongs to the bridge that has dialled it: takes it away from there. */
  release?: () => void;
}

/** The calls that run, and what there has been since the start. */
export interface Registry {
  readonly calls: ReadonlySet<LiveCall>;
  readonly draining: boolean;
  /** Fails with `draining` or `rate_limited`. */
  admit(): void;
  add(call: LiveCall): void;
  remove(call: LiveCall): void;
  /** A running call of the app, by its id, its request id or a leg's id. */
  find(appid: string, anyId: string): LiveCall | undefined;
  drain(): void;
  count(what: Counter, label?: string): void;
  statistics(): Omit<LiveStatistics, "webhooks" | "queued" | "refused" | "deleted">;
}

export type Counter = "legStarted" | "legEnded" | "callEnded";

/** For metrics. Totals are since the start; their keys are causes, or `delivered`, `failed`, `given_up`. */
export interface LiveStatistics {
  readonly calls: number;
  readonly legs: number;
  /** Of the calls, those that wait for their turn. */
  readonly queued: number;
  readonly draining: boolean;
  /** Calls, and legs of them, that the configuration did not allow, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly callsEnded: Readonly<Record<string, number>>;
  readonly legsEnded: Readonly<Record<string, number>>;
  readonly webhooks: Readonly<Record<string, number>>;
  /** What has been deleted, as it was old, there was no room, or somebody asked for it. */
  readonly deleted: Deleted;
}
