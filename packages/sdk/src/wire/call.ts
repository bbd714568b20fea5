import { ActionSchema, check, httpUrl, parseFlow, under, type ActionInput, type Issue } from "@piopiy/pcmo";
import { Action } from "../action.ts";
import { PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";
import { region, type Region } from "../options.ts";
import { checkOptions, dialKeys, given, type DialOptions } from "./action-options.ts";
import { bridge } from "./actions.ts";
import { destination, phoneNumber, type Dialable, type PhoneNumber } from "./parties.ts";

/** What every method that sends something accepts. */
export interface RequestOptions {
  /** Aborts the request; it then rejects with a PiopiyAbortedError. */
  readonly signal?: AbortSignal | undefined;
  /** The hosted endpoint for this request, instead of the client's `region`. */
  readonly region?: Region | undefined;
}

/** Options of `voice.call`. */
export interface CallOptions extends DialOptions, RequestOptions {
  /** Given back in the call's webhooks, as JSON text. */
  readonly extra_params?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Tells by a live event (`machine_detection`) whether a person or an answering machine has answered the first party's
   * phone. Nothing waits for it. Of this project's server alone.
   */
  readonly amd?: boolean | undefined;
  /**
   * Makes repeating safe: a server that honours it places one call per key. Without it each `voice.call` makes its
   * own, which its retries share. 1 to 255 visible ASCII characters.
   */
  readonly idempotencyKey?: string | undefined;
}

const callKeys = [...dialKeys, "extra_params", "amd", "region", "idempotencyKey", "signal"] as const satisfies (keyof CallOptions)[];

/** Whom the first party talks to, or what is performed: a number, a list of numbers, a PCMO, or an `Action`. */
export type CallTarget = Dialable | readonly Dialable[] | readonly ActionInput[] | Action;

/** The arguments of `voice.call`, in one shape. */
export interface CallArguments {
  readonly to: Dialable;
  readonly from: PhoneNumber;
  readonly target: CallTarget;
  /** The flow of the five-argument form, which comes before connecting `target`. */
  readonly pcmo?: readonly ActionInput[] | Action | undefined;
  readonly options?: CallOptions | undefined;
}

/** The body of a call creation without credentials, and what else the request needs. */
export interface CallRequest {
  readonly body: Readonly<Record<string, unknown>>;
  /** The hosted endpoint that the destination asks for. */
  readonly region: Region;
  readonly warnings: readonly Issue[];
}

/** The request that `voice.call` sends. Throws a PiopiyValidationError. */
export function callRequest({ to, from, target, pcmo, options = {} }: CallArguments): CallRequest {
  checkCallOptions(options);
  const callee = destination(to, "to");
  const caller = phoneNumber(from, "from");
  const { flow, warnings } = flowFor(caller, target, pcmo, options);
  const onlyNumbers = pcmo === undefined && !isFlow(target);
  const { timeout, loop, ring_type, record } = options;
  return {
    body: {
      extra_params: options.extra_params ?? {},
      from: caller,
      duration: options.duration ?? 5400,
      pcmo: flow,
      to: callee.type === "pstn" ? callee.number : callee,
      // With numbers these stand on the bridge; with a PCMO the top level is the only place for them.
      ...(onlyNumbers ? given({ record }) : given({ timeout, loop, ring_type, record })),
      ...given({ amd: options.amd }),
    },
    region: options.region ?? (callee.type === "pstn" && String(callee.number).startsWith("91") ? "ind" : "global"),
    warnings,
  };
}

/** What a call goes on with: a flow, or the http(s) address that is asked for one. */
export type TransferTarget =
  | { readonly pcmo: readonly ActionInput[] | Action }
  | { readonly url: string };

/** What `voice.transfer` adds to its request. Throws a PiopiyValidationError. */
export function transferBody(to: TransferTarget): Readonly<Record<string, unknown>> {
  if (!isRecord(to) || "pcmo" in to === "url" in to) {
    throw new PiopiyValidationError("to", "to must be { pcmo: … } with a flow, or { url: … } with the address that is asked for one.");
  }
  checkOptions(to, ["pcmo", "url"], "to");
  if ("url" in to) return { transfer_url: httpAddress(to.url) };
  const { flow } = checkedFlow(to.pcmo, "to.pcmo");
  if (flow.length === 0) throw new PiopiyValidationError("to.pcmo", "to.pcmo must have at least one action.");
  return { pcmo: flow };
}

function httpAddress(value: unknown): string {
  const checked = check(httpUrl(), value);
  if (checked.ok) return checked.value;
  throw new PiopiyValidationError("to.url", "to.url must be an http:// or https:// address.");
}

interface Flow {
  readonly flow: readonly ActionInput[];
  readonly warnings: readonly Issue[];
}

function flowFor(caller: number, target: CallTarget, pcmo: CallArguments["pcmo"], options: CallOptions): Flow {
  const dial = (to: unknown, field: string) => {
    const { duration, timeout, loop, ring_type, record } = options;
    return bridge(caller, to, { duration, timeout, loop, ring_type, record }, field);
  };
  if (pcmo !== undefined) {
    if (isFlow(target)) throw new PiopiyValidationError("second", "second must be a number or a list of numbers when a PCMO follows it.");
    const before = checkedFlow(pcmo, "pcmo");
    const connecting = dial(target, "second");
    return endsFlow(before.flow.at(-1)) ? before : { ...before, flow: [...before.flow, connecting] };
  }
  if (!isFlow(target)) return { flow: [dial(target, "target")], warnings: [] };
  const given = checkedFlow(target, "target");
  if (given.flow.length > 0) return given;
  throw new PiopiyValidationError("target", "target must be a number, a list of at least one number, or a PCMO with at least one action.");
}

/** Whether nothing that follows `action` in a flow is meant to be reached. */
function endsFlow(action: ActionInput | undefined): boolean {
  return action?.action === "bridge" || action?.action === "connect" || action?.action === "hangup";
}

/** Whether `target` is a flow: an `Action`, or a list in which something is no number. An empty list is none. */
function isFlow(target: CallTarget): target is Action | readonly ActionInput[] {
  return target instanceof Action || (Array.isArray(target) && (target.length === 0 || target.some(isRecord)));
}

function checkedFlow(pcmo: readonly ActionInput[] | Action, field: string): Flow {
  if (!(pcmo instanceof Action) && !Array.isArray(pcmo)) {
    throw new PiopiyValidationError(field, `${field} must be an Action, or the list that its PCMO() returns.`);
  }
  const flow = pcmo instanceof Action ? pcmo.PCMO() : pcmo;
  checkJson(flow, field);
  const parsed = parseFlow(flow);
  if (parsed.ok) return { flow, warnings: under(`/${field}`, parsed.warnings) };
  const [first] = parsed.issues;
  const where = `${field}${first?.path.replaceAll("/", ".") ?? ""}`;
  throw new PiopiyValidationError(where, `${where} ${first?.message ?? "is wrong"}.`, parsed.issues);
}

function checkCallOptions(options: CallOptions): void {
  checkRequestOptions(options, callKeys);
  const { extra_params, amd, idempotencyKey } = options;
  if (amd !== undefined && typeof amd !== "boolean") throw new PiopiyValidationError("options.amd", "options.amd must be true or false.");
  if (extra_params !== undefined && !isRecord(extra_params)) {
    throw new PiopiyValidationError("options.extra_params", "options.extra_params must be an object.");
  }
  checkJson(extra_params, "options.extra_params");
  if (idempotencyKey !== undefined && (typeof idempotencyKey !== "string" || !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))) {
    throw new PiopiyValidationError("options.idempotencyKey", "options.idempotencyKey must be 1 to 255 visible ASCII characters.");
  }
  // The schema of a bridge is where the limits of these options are written.
  const { duration, timeout, loop, ring_type, record } = options;
  const numbers = given({ duration, timeout, loop, ring_type, record });
  const result = check(ActionSchema, { action: "bridge", connect: [{ type: "pstn", number: 100 }], ...numbers });
  if (result.ok) return;
  const [first] = result.issues;
  const field = `options${first?.path.replaceAll("/", ".") ?? ""}`;
  throw new PiopiyValidationError(field, `${field} ${first?.message ?? "is wrong"}.`, result.issues);
}

function checkJson(value: unknown, field: string): void {
  try {
    JSON.stringify(value);
  } catch (cause) {
    throw new PiopiyValidationError(field, `${field} must be JSON: without cycles and without BigInt.`, [], { cause });
  }
}

/** Throws unless the options are known and those that every method has are right. */
export function checkRequestOptions(options: RequestOptions, known: readonly string[]): void {
  checkOptions(options, known);
  if (options.region !== undefined) region("options.region", options.region);
  if (options.signal !== undefined && !("aborted" in options.signal && "addEventListener" in options.signal)) {
    throw new PiopiyValidationError("options.signal", "options.signal must be an AbortSignal.");
  }
}
