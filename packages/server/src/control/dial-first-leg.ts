import type { Action } from "@piopiy/pcmo";
import { errorTable, PiopiyError } from "../base/index.ts";
import type { Cause, DialOutcome, DialTarget, Leg } from "../call/index.ts";
import { askForFlow } from "./answer-url.ts";
import { causeOf, FAILED } from "./causes.ts";
import { performFlow } from "./perform-flow.ts";
import { tellOfMachine } from "./machine-told.ts";
import type { LiveCall, PlaceCall, World } from "./model.ts";
import { recordedDialler, tie, type RecordedDialler } from "./recorded-dialler.ts";
import { appOf } from "./settings.ts";

/** Dials leg a, `loop` times at most, performs the flow when it is answered, and tells why the call ended. */
export async function dialFirstLeg(world: World, call: LiveCall, dialling: Dialling): Promise<Cause> {
  const { request } = dialling;
  const dialler = recordedDialler(world, call, "a");
  let cause = FAILED;
  for (let round = 1; round <= request.loop; round += 1) {
    if (call.life.signal.aborted) return causeOf(call.life.signal.reason);
    const legId = world.ids.uuid();
    const outcome = await attempt(world, call, dialler, { legId, round, ...dialling });
    if (outcome.answered) return await answered(world, call, outcome, dialling);
    cause = outcome.cause;
  }
  return cause;
}

/** How leg a is dialled, and what it performs. */
export interface Dialling {
  readonly target: DialTarget;
  readonly request: Pick<PlaceCall["request"], "from" | "pcmo" | "duration" | "timeout" | "loop" | "record" | "amd">;
  /** Asked for the flow when it is answered. */
  readonly answerUrl?: string | undefined;
}

interface Attempt extends Dialling {
  readonly legId: string;
  readonly round: number;
}

async function attempt(world: World, call: LiveCall, dialler: RecordedDialler, { legId, round, target, request }: Attempt): Promise<DialOutcome> {
  const note = (type: string, data: Readonly<Record<string, unknown>>) => call.timeline.add({ type, legId, data });
  note("leg.dialled", { round });
  const dial = { target, from: request.from, timeoutMs: request.timeout * 1000, legId, onRinging: () => note("leg.ringing", { round }) };
  const outcome = await dialler.dial(dial, call.life.signal).catch((failure: unknown): DialOutcome => {
    const code = failure instanceof PiopiyError ? failure.code : "internal";
    note("warning", { warning: "dial_failed", code });
    return { answered: false, cause: call.life.signal.aborted ? causeOf(call.life.signal.reason) : code === "no_route" ? { reason: "unreachable", who: "us" } : FAILED };
  });
  if (outcome.answered) note("leg.answered", { round });
  else note("leg.ended", { round, ...outcome.cause, ...hint(outcome.cause) });
  return outcome;
}

/** What to do about a number that led nowhere: no network was asked, so the configuration is what can be changed. */
function hint({ reason, who, sipStatus }: Cause): { readonly message?: string } {
  return reason === "unreachable" && who === "us" && sipStatus === undefined ? { message: errorTable.no_route.says } : {};
}

async function answered(
  world: World,
  call: LiveCall,
  { leg }: DialOutcome & { readonly answered: true },
  { request, answerUrl }: Dialling,
): Promise<Cause> {
  tie(call, leg);
  const record = call.legs.get(leg.id);
  if (!record) return FAILED;
  if (request.amd) tellOfMachine(world, call, leg, record.facts);
  const flow = answerUrl === undefined ? request.pcmo : await askedFlow(world, call, leg, answerUrl);
  if (!flow) {
    await leg.hangup(FAILED);
    return causeOf(leg.signal.reason);
  }
  return await performFlow(world, call, leg, record, { flow, durationMs: request.duration * 1000, record: request.record });
}

async function askedFlow(world: World, call: LiveCall, leg: Leg, url: string): Promise<readonly Action[] | undefined> {
  const app = appOf(world, call.facts.appid);
  return await askForFlow(world, call, leg, { url, fallbackUrl: app?.fallback_url, fallbackFlow: app?.fallback_pcmo });
}
