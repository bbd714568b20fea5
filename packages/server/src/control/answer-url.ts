import { parseFlow, type Action, type AnswerRequest, type Issue } from "@piopiy/pcmo";
import { PiopiyError } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import { within } from "./background.ts";
import type { LiveCall, World } from "./model.ts";
import { signedCallbacks } from "./signed-callbacks.ts";

/** A caller hears ringing meanwhile, and does not wait for ever. */
const PATIENCE_MS = 10_000;

/** Asks the answer URL what an inbound call shall perform. `undefined`: nothing usable came; the timeline says why. */
export async function askAnswerUrl(world: World, call: LiveCall, leg: Leg, url: string): Promise<readonly Action[] | undefined> {
  const note = (type: string, data: Readonly<Record<string, unknown>>) => call.timeline.add({ type, legId: leg.id, data });
  const { from, to } = leg.info;
  const body: AnswerRequest = { action: "inbound", from, to, time: world.clock.now(), cmiuuid: leg.id };
  note("answer_url.sent", { origin: new URL(url).origin });
  try {
    const reply = await within(world.clock, PATIENCE_MS, leg.signal, (signal) => signedCallbacks(world, call.facts.appid).post(url, body, signal));
    const read = flowOf(reply.status, reply.body);
    if ("flow" in read) {
      note("answer_url.replied", { http: reply.status, actions: read.flow.length });
      for (const warning of read.warnings) note("warning", { warning: "answer_url_reply", ...warning });
      return read.flow;
    }
    note("answer_url.failed", { http: reply.status, ...read });
  } catch (failure) {
    note("answer_url.failed", { code: failure instanceof PiopiyError ? failure.code : "fetch_failed" });
  }
  return undefined;
}

type Read =
  | { readonly flow: readonly Action[]; readonly warnings: readonly Issue[] }
  | { readonly code: string; readonly message: string; readonly errors?: readonly Issue[] };

function flowOf(status: number, body: string): Read {
  if (status < 200 || status > 299) return { code: "answer_status", message: "The reply's status is not 2xx." };
  const parsed = parseFlow(parseJson(body));
  if (!parsed.ok) return { code: "invalid_request", message: "The reply is no PCMO: a JSON list of actions.", errors: parsed.issues };
  if (parsed.value.length === 0) return { code: "empty_flow", message: "The reply has no actions." };
  return { flow: parsed.value, warnings: parsed.warnings };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
