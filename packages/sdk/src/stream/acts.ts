import { parseFlow, type ActionInput } from "@piopiy/pcmo";
import { Action } from "../action.ts";
import { PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";
import type { StreamAction } from "../stream-action.ts";
import { checkOptions, given } from "../wire/action-options.ts";
import { hangup } from "../wire/actions.ts";
import { destination, phoneNumber, type Dialable } from "../wire/parties.ts";
import type { SessionActs, TransferOptions } from "./session.ts";
import type { Wire } from "./wire.ts";

/** What asks the call for something, and is told in one message. */
export type Acts = Pick<SessionActs, "sendDigits" | "flow" | "hangup" | "transfer" | "pause" | "resume" | "stop">;

export function exactActs(wire: Wire): Acts {
  return {
    sendDigits: (digits) => wire.json({ type: "dtmf", digits: digitsOf(digits) }),
    flow: (flow) => wire.json({ type: "flow", flow: actionsOf(flow) }),
    hangup(reason) {
      const { cause } = { cause: undefined, ...hangup(given({ cause: reason })) };
      wire.json({ type: "hangup", ...given({ reason: cause }) });
    },
    transfer(to, options = {}) {
      const { from, timeout, duration } = checkTransfer(options);
      wire.json({
        type: "transfer", to: destination(to, "to"), ...given({ from: from === undefined ? undefined : phoneNumber(from, "options.from"), timeout, duration }),
      });
    },
    pause: (what = "playback") => wire.json({ type: "pause", what: whatOf(what) }),
    resume: (what = "playback") => wire.json({ type: "resume", what: whatOf(what) }),
    stop: () => wire.json({ type: "stop" }),
  };
}

export function compatibleActs(wire: Wire): Acts {
  const perform = (flow: readonly unknown[]) => wire.send(JSON.stringify(flow));
  return {
    sendDigits() {
      throw onlyExact("sendDigits");
    },
    flow: (flow) => perform(actionsOf(flow)),
    hangup: (reason) => perform([hangup(given({ cause: reason }))]),
    transfer: (to, options = {}) => perform(bridgeOf(to, options)),
    pause: (what = "playback") => listening("pause", what, wire),
    resume: (what = "playback") => listening("resume", what, wire),
    stop: () => wire.json({ action: "stop" }),
  };
}

function listening(action: "pause" | "resume", what: "playback" | "listening", wire: Wire): void {
  if (whatOf(what) === "playback") throw onlyExact(`${action}("playback")`);
  wire.json({ action });
}

function bridgeOf(to: Dialable, options: TransferOptions): readonly ActionInput[] {
  const { from, timeout, duration } = checkTransfer(options);
  if (from === undefined) {
    throw new PiopiyValidationError("options.from", "options.from must be the caller id: in the compatible form the call's own number is not known.");
  }
  return new Action().bridge({ from, to, timeout, duration }).PCMO();
}

function checkTransfer(options: TransferOptions): TransferOptions {
  checkOptions(options, ["from", "timeout", "duration"] satisfies (keyof TransferOptions)[]);
  return options;
}

function whatOf(what: unknown): "playback" | "listening" {
  if (what === "playback" || what === "listening") return what;
  throw new PiopiyValidationError("what", 'what must be "playback" or "listening".');
}

function digitsOf(digits: unknown): string {
  if (typeof digits === "string" && /^[0-9*#A-D,]+$/i.test(digits)) return digits.toUpperCase();
  throw new PiopiyValidationError("digits", 'digits must be text of 0-9, *, #, A-D and "," (a pause).');
}

/** The actions, as the wire has them. */
function actionsOf(flow: Action | StreamAction | ActionInput | readonly ActionInput[]): readonly unknown[] {
  const actions = listOf(flow);
  const parsed = parseFlow(actions);
  if (parsed.ok) return actions; // as they were written: the server reads them itself
  const [first] = parsed.issues;
  throw new PiopiyValidationError("flow", `flow${first?.path.replaceAll("/", ".") ?? ""} ${first?.message ?? "must be an action, or a list of actions"}.`, parsed.issues);
}

/** A builder is known by its `PCMO`, not by its class: a program may have loaded the package twice. */
function listOf(flow: unknown): readonly unknown[] {
  if (Array.isArray(flow)) return flow;
  if (!isRecord(flow)) return [flow];
  const { PCMO } = flow;
  if (typeof PCMO !== "function") return [flow];
  const built: unknown = PCMO.call(flow);
  return listOf(typeof built === "string" ? JSON.parse(built) : built);
}

const onlyExact = (what: string) => new PiopiyValidationError(
  "session", `${what} needs the exact protocol: give the stream action protocol: "v1". Ask session.protocol which one a call speaks.`,
);
