import { parseFlow, type Action } from "@piopiy/pcmo";
import { describe } from "./failure.ts";
import type { Stage } from "./verb.ts";

/**
 * POSTs digits to an action's URL: `{ from, to, dtmf, cmiuuid, cmuuid, extra_params? }`. Gives the flow of the reply.
 * `undefined`: the flow that runs goes on, because the reply is empty, is no PCMO, or could not be had; the timeline
 * says which. Rejects only when the call has ended.
 */
export async function postDigits(
  url: string, digits: string, stage: Stage,
): Promise<readonly Action[] | undefined> {
  const { note, ports, signal } = stage;
  // The path may carry a token of the receiver: the timeline names the origin alone.
  note("callback.sent", { origin: new URL(url).origin });
  try {
    const reply = await ports.callbacks.post(url, callbackBody(digits, stage), signal);
    return flowOf(reply.status, reply.body, stage);
  } catch (failure) {
    if (signal.aborted) throw failure;
    note("callback.failed", { ...describe(failure), next: "next_action" });
    return undefined;
  }
}

/** The body of a DTMF callback; both spellings of the leg's id, as receivers read either. */
export function callbackBody(digits: string, { call, leg }: Pick<Stage, "call" | "leg">): Readonly<Record<string, unknown>> {
  return {
    from: wireNumber(call.from),
    to: wireNumber(call.to),
    dtmf: digits,
    cmiuuid: leg.id,
    cmuuid: leg.id,
    ...(call.extraParams !== undefined && { extra_params: call.extraParams }),
  };
}

/** A phone number is a JSON number on this wire; a user name, or a number whose zero in front would be lost, is text. */
function wireNumber(party: string): number | string {
  return /^[1-9][0-9]{0,14}$/.test(party) ? Number(party) : party;
}

function flowOf(status: number, body: string, { note }: Stage): readonly Action[] | undefined {
  const refuse = (code: string, message: string, errors?: unknown) => {
    note("callback.failed", { status, code, message, ...(errors !== undefined && { errors }), next: "next_action" });
    return undefined;
  };
  if (status < 200 || status > 299) return refuse("callback_status", "The reply's status is not 2xx.");
  const json = parseJson(body);
  if (body.trim() === "" || (Array.isArray(json) && json.length === 0)) {
    note("callback.replied", { status, actions: 0, next: "next_action" });
    return undefined;
  }
  if (json === undefined) return refuse("malformed_json", "The reply is not JSON.");
  const parsed = parseFlow(json);
  if (!parsed.ok) return refuse("invalid_request", "The reply is no valid PCMO; errors point into it.", parsed.issues);
  note("callback.replied", { status, actions: parsed.value.length });
  for (const warning of parsed.warnings) note("warning", { warning: "callback_reply", ...warning });
  return parsed.value;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
