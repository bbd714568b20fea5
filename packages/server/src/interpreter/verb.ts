import type { Action } from "@piopiy/pcmo";
import type { Cause, Leg } from "../call/index.ts";
import type { CallContext } from "./call-context.ts";
import type { Company } from "./company.ts";
import type { Line } from "./line.ts";
import type { Ports, Recording } from "./ports.ts";
import type { Streams } from "./streams.ts";

/** Attributes of a timeline entry. */
export type Data = Readonly<Record<string, unknown>>;

/** What a verb may use, for one action. */
export interface Stage {
  readonly call: CallContext;
  readonly leg: Leg;
  /** Answers the leg when media is needed. */
  readonly line: Line;
  /** Joins the leg with others. */
  readonly company: Company;
  readonly ports: Ports;
  /** Streams run beside the flow. */
  readonly streams: Streams;
  /** Aborts when the leg has ended or the flow is to stop. */
  readonly signal: AbortSignal;
  /** Puts an entry on the timeline; on this leg unless another one is named. */
  readonly note: (type: string, data?: Data, legId?: string) => void;
  /** Recordings that run to the end of the flow. */
  readonly recordings: Recording[];
  /** Work that no action waits for, but the end of the flow does; it never rejects. */
  readonly unfinished: Set<Promise<unknown>>;
}

/** What an action came to. */
export interface VerbResult {
  /** The data of `action.finished`. */
  readonly outcome?: Data;
  /** Replaces the actions that are left. */
  readonly replaceWith?: readonly Action[];
  /** Replaces `extraParams` for the actions that follow. */
  readonly extraParams?: string;
  /** The action has ended the leg for this cause. */
  readonly hungUp?: Cause;
}

export type ActionName = Action["action"];
export type ActionOf<K extends ActionName> = Extract<Action, { readonly action: K }>;

/**
 * Performs one action. What can be expected (busy, no input) is an outcome; a `PiopiyError` is put on the timeline
 * and the flow goes on; rejects with the signal's reason when `signal` aborts.
 */
export type Verb<K extends ActionName> = (action: ActionOf<K>, stage: Stage) => Promise<VerbResult>;
