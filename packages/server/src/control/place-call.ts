import type { MakeCallRequest } from "@piopiy/pcmo";
import { channels, PiopiyError } from "../base/index.ts";
import type { DialTarget } from "../call/index.ts";
import { insertCall, insertEntry, insertKey } from "../store/index.ts";
import { createLiveCall, entryOf } from "./live-call.ts";
import type { CallFacts, PlaceCall, PlacedCall, World } from "./model.ts";
import { textOf } from "./recorded-dialler.ts";
import { placeOf, runPlaced } from "./run-placed.ts";

/** Resolves when the call is durable; it is dialled afterwards. Fails with `draining`, `out_of_ports`, `store_failed`, `rate_limited`, `no_capacity`, `destination_refused`, `minutes_used_up`. */
export async function placeCall(world: World, placing: PlaceCall): Promise<PlacedCall> {
  const { ids, clock, registry, store } = world;
  const { request } = placing;
  registry.admit();
  if (world.mediaLeft?.() === 0) throw new PiopiyError("out_of_ports");
  const target = targetOf(request.to);
  const refusal = world.guard.refusal(request.appid, target);
  if (refusal) throw world.guard.failure(refusal);
  const facts: CallFacts & { readonly requestId: string } = {
    id: ids.uuid(), requestId: ids.token(43), appid: request.appid, direction: "outbound", from: request.from, to: textOf(target),
  };
  const extraParams = Object.keys(request.extraParams).length === 0 ? undefined : JSON.stringify(request.extraParams);
  const nowMs = clock.now();
  const entries = firstEntries(placing, nowMs);
  const place = placeOf(world, facts.appid, target);
  const call = createLiveCall(world, facts, entries.length, extraParams);
  // Durable as being dialled, unless it has to wait: what was acknowledged is never dialled twice, and never forgotten.
  const row = rowOf(facts, placing, target, { extraParams, nowMs, status: place.queued ? "queued" : "dialling" });
  const written = store.write(async (db) => {
    await insertCall(db, row);
    for (const entry of entries) await insertEntry(db, facts.id, entry);
    if (placing.idempotency) await insertKey(db, keyRow(facts, placing.idempotency, nowMs));
  });
  await written.catch((failure: unknown) => {
    place.leave();
    throw failure;
  });
  if (channels.timeline.hasSubscribers) for (const entry of entries) channels.timeline.publish({ callId: facts.id, entry });
  runPlaced(world, call, place, { target, request, answerUrl: placing.answerUrl });
  return { callId: facts.id, requestId: facts.requestId };
}

function firstEntries({ request, warnings }: PlaceCall, nowMs: number) {
  const queued = { type: "call.queued", data: { actions: request.pcmo.length } };
  const ignored = warnings.map((warning) => ({ type: "warning", data: { warning: "request", ...warning } }));
  return [queued, ...ignored].map((event, index) => entryOf(event, index + 1, nowMs));
}

/** What a call that waits is dialled with after a restart; the `options` of its row. */
export interface PlacedOptions extends Pick<PlaceCall["request"], "duration" | "timeout" | "loop" | "ring_type" | "record" | "amd"> {
  readonly target: DialTarget;
  readonly answerUrl?: string | undefined;
}

function rowOf(
  facts: CallFacts,
  { request, answerUrl }: PlaceCall,
  target: DialTarget,
  { extraParams, nowMs, status }: { readonly extraParams: string | undefined; readonly nowMs: number; readonly status: "queued" | "dialling" },
): Parameters<typeof insertCall>[1] {
  const { duration, timeout, loop, ring_type, record, amd } = request;
  const options: PlacedOptions = { duration, timeout, loop, ring_type, record, target, answerUrl, ...(amd && { amd }) };
  const { requestId, ...row } = facts;
  return {
    ...row, request_id: requestId ?? null, status, cause: null, created_ms: nowMs, started_ms: null, answered_ms: null,
    ended_ms: null, extra_params: extraParams ?? null, flow: JSON.stringify(request.pcmo),
    options: JSON.stringify(options),
  };
}

function keyRow(facts: CallFacts & { readonly requestId: string }, { key, requestHash, responseOf }: NonNullable<PlaceCall["idempotency"]>, nowMs: number) {
  return { appid: facts.appid, key, request_hash: requestHash, response: JSON.stringify(responseOf(facts.requestId)), created_ms: nowMs };
}

function targetOf(to: MakeCallRequest["to"]): DialTarget {
  if (to.type === "pstn") return { type: "number", number: to.number };
  return "user" in to ? { type: "user", user: to.user } : { type: "uri", uri: to.uri };
}
