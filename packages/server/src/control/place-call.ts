import type { MakeCallRequest } from "@piopiy/pcmo";
import { channels } from "../base/index.ts";
import type { DialTarget } from "../call/index.ts";
import { insertCall, insertEntry, insertKey } from "../store/index.ts";
import { dialFirstLeg } from "./dial-first-leg.ts";
import { createLiveCall, entryOf } from "./live-call.ts";
import type { CallFacts, PlaceCall, PlacedCall, World } from "./model.ts";
import { textOf } from "./recorded-dialler.ts";
import { runCall } from "./run-call.ts";

/** Resolves when the call is durable; it is dialled afterwards. Fails with `draining`, `rate_limited`. */
export async function placeCall(world: World, placing: PlaceCall): Promise<PlacedCall> {
  const { ids, clock, registry, store } = world;
  registry.admit();
  const { request } = placing;
  const target = targetOf(request.to);
  const facts: CallFacts & { readonly requestId: string } = {
    id: ids.uuid(), requestId: ids.token(43), appid: request.appid, direction: "outbound", from: request.from, to: textOf(target),
  };
  const extraParams = Object.keys(request.extraParams).length === 0 ? undefined : JSON.stringify(request.extraParams);
  const nowMs = clock.now();
  const entries = firstEntries(placing, nowMs);
  const call = createLiveCall(world, facts, entries.length, extraParams);
  await store.write(async (db) => {
    await insertCall(db, rowOf(facts, request, extraParams, nowMs));
    for (const entry of entries) await insertEntry(db, facts.id, entry);
    if (placing.idempotency) await insertKey(db, keyRow(facts, placing.idempotency, nowMs));
  });
  if (channels.timeline.hasSubscribers) for (const entry of entries) channels.timeline.publish({ callId: facts.id, entry });
  runCall(world, call, () => dialFirstLeg(world, call, target, request));
  return { callId: facts.id, requestId: facts.requestId };
}

function firstEntries({ request, warnings }: PlaceCall, nowMs: number) {
  const queued = { type: "call.queued", data: { actions: request.pcmo.length } };
  const ignored = warnings.map((warning) => ({ type: "warning", data: { warning: "request", ...warning } }));
  return [queued, ...ignored].map((event, index) => entryOf(event, index + 1, nowMs));
}

function rowOf(facts: CallFacts, request: PlaceCall["request"], extraParams: string | undefined, nowMs: number): Parameters<typeof insertCall>[1] {
  const { duration, timeout, loop, ring_type, record } = request;
  const { requestId, ...row } = facts;
  return {
    ...row, request_id: requestId ?? null, status: "dialling", cause: null, created_ms: nowMs, started_ms: null, answered_ms: null,
    ended_ms: null, extra_params: extraParams ?? null, flow: JSON.stringify(request.pcmo),
    options: JSON.stringify({ duration, timeout, loop, ring_type, record }),
  };
}

function keyRow(facts: CallFacts & { readonly requestId: string }, { key, requestHash, responseOf }: NonNullable<PlaceCall["idempotency"]>, nowMs: number) {
  return { appid: facts.appid, key, request_hash: requestHash, response: JSON.stringify(responseOf(facts.requestId)), created_ms: nowMs };
}

function targetOf(to: MakeCallRequest["to"]): DialTarget {
  if (to.type === "pstn") return { type: "number", number: to.number };
  return "user" in to ? { type: "user", user: to.user } : { type: "uri", uri: to.uri };
}
