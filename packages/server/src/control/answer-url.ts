import { parseFlow, type Action, type AnswerRequest, type Issue } from "@piopiy/pcmo";
import { PiopiyError, sleep } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import type { CallbackReply } from "../interpreter/index.ts";
import { within } from "./background.ts";
import type { LiveCall, World } from "./model.ts";
import { signedCallbacks } from "./signed-callbacks.ts";

/** A caller hears ringing meanwhile, and does not wait for ever. */
const ATTEMPT_MS = 5000;
const RETRY_AFTER_MS = [500, 1500];

/** Where the flow of a call comes from: the first that gives one. */
export interface FlowSource {
  readonly url: string;
  readonly fallbackUrl?: string | undefined;
  readonly fallbackFlow?: readonly Action[] | undefined;
}

/** Asks for the flow of a call, and takes the fallback for it. `undefined`: there is none; the timeline says why. */
export async function askForFlow(world: World, call: LiveCall, leg: Leg, source: FlowSource): Promise<readonly Action[] | undefined> {
  const { url, fallbackUrl, fallbackFlow } = source;
  for (const [index, asked] of [url, ...(fallbackUrl === undefined ? [] : [fallbackUrl])].entries()) {
    if (index > 0) call.timeline.add({ type: "answer_url.fallback", legId: leg.id, data: { to: "fallback_url" } });
    const flow = await askAnswerUrl(world, call, leg, asked);
    if (flow || leg.signal.aborted) return flow;
  }
  if (fallbackFlow) call.timeline.add({ type: "answer_url.fallback", legId: leg.id, data: { to: "fallback_pcmo" } });
  return fallbackFlow;
}

/**
 * Asks an address what a call shall perform; up to two times more when it cannot be had or answers 429 or 5xx.
 * `undefined`: nothing usable came; the timeline says why.
 */
export async function askAnswerUrl(world: World, call: LiveCall, leg: Leg, url: string): Promise<readonly Action[] | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask(world, call, leg, url, attempt);
    if ("flow" in answer) return answer.flow;
    const waitMs = RETRY_AFTER_MS[attempt - 1];
    if (!answer.again || waitMs === undefined || leg.signal.aborted) return undefined;
    await sleep(world.clock, waitMs, leg.signal).catch(() => undefined);
    if (leg.signal.aborted) return undefined;
  }
}

type Answer = { readonly flow: readonly Action[] } | { readonly again: boolean };

async function ask(world: World, call: LiveCall, leg: Leg, url: string, attempt: number): Promise<Answer> {
  const note = (type: string, data: Readonly<Record<string, unknown>>) => call.timeline.add({ type, legId: leg.id, data });
  note("answer_url.sent", { origin: new URL(url).origin, attempt });
  try {
    const post = (signal: AbortSignal) => signedCallbacks(world, call.facts.appid).post(url, bodyOf(world, call, leg), signal);
    const reply = await within(world.clock, ATTEMPT_MS, leg.signal, post);
    const read = flowOf(reply);
    if ("flow" in read) {
      note("answer_url.replied", { http: reply.status, actions: read.flow.length });
      for (const warning of read.warnings) note("warning", { warning: "answer_url_reply", ...warning });
      return read;
    }
    note("answer_url.failed", { http: reply.status, attempt, ...read });
    return { again: reply.status >= 500 || reply.status === 429 };
  } catch (failure) {
    const code = failure instanceof PiopiyError ? failure.code : "fetch_failed";
    note("answer_url.failed", { code, attempt });
    return { again: code !== "fetch_refused" };
  }
}

/** Both generations of the hosted API: the older one had no `action`. */
function bodyOf({ clock }: World, { facts }: LiveCall, leg: Leg): AnswerRequest {
  const { from, to, direction } = leg.info;
  const body = { from, to, time: clock.now(), cmiuuid: leg.id };
  if (direction === "inbound") return { action: "inbound", ...body };
  return facts.requestId === undefined ? body : { ...body, request_id: facts.requestId };
}

type Read =
  | { readonly flow: readonly Action[]; readonly warnings: readonly Issue[] }
  | { readonly code: string; readonly message: string; readonly errors?: readonly Issue[] };

function flowOf({ status, body }: CallbackReply): Read {
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
