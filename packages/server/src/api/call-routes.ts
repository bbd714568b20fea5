import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { check, type Checked } from "@piopiy/pcmo";
import { PiopiyError } from "../base/index.ts";
import { findCall, listCalls, readDeliveries, readEvents, readLegs, readRecordings, readTimeline } from "../store/index.ts";
import type { RouteOptions } from "./options.ts";
import { done } from "./act-routes.ts";
import { actionsView } from "./action-views.ts";
import { webhooksView } from "./event-views.ts";
import { callView, legView, recordingView, timelineView } from "./call-views.ts";
import { basicAppid } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";
import { pageLimit } from "./page-schema.ts";

const callStatuses = ["queued", "dialling", "ringing", "answered", "ended"] as const;
const idMessage = "must be the id of a call";
const momentMessage = "must be milliseconds since 1970";
const moment = v.optional(v.pipe(v.string(momentMessage), v.regex(/^\d{1,15}$/, momentMessage), v.transform(Number)));
const partyMessage = "must be a phone number or the user name of a phone";
/** Numbers are compared by their digits, as they are kept. */
const party = v.optional(
  v.pipe(
    v.string(partyMessage),
    v.maxLength(255, partyMessage),
    v.transform((text) => (/^[-+ ().0-9]+$/.test(text) ? text.replaceAll(/[-+ ().]/g, "") : text)),
  ),
);
const PageSchema = v.object({
  limit: pageLimit("20"),
  before: v.optional(v.pipe(v.string(idMessage), v.maxLength(64, idMessage))),
  status: v.optional(v.picklist(callStatuses, `must be one of ${callStatuses.join(", ")}`)),
  direction: v.optional(v.picklist(["inbound", "outbound"], "must be inbound or outbound")),
  from: party,
  to: party,
  request_id: v.optional(v.pipe(v.string(idMessage), v.maxLength(64, idMessage))),
  since_ms: moment,
  until_ms: moment,
});
const DetailSchema = v.object({ digits: v.optional(v.picklist(["0", "1"], "must be 0 or 1"), "0") });

/** What became of calls; an app sees its own, and deletes them. */
export function callRoutes(api: FastifyInstance, options: RouteOptions): void {
  api.get("/calls", (request) => page(options, request));
  api.get<{ Params: CallParams }>("/calls/:id", (request) => detail(options, request, request.params.id));
  api.delete<{ Params: CallParams }>("/calls/:id", (request) => remove(options, request, request.params.id));
}

interface CallParams {
  readonly id: string;
}

async function page({ door, store }: RouteOptions, request: FastifyRequest) {
  const appid = basicAppid(door, request);
  const asked = valid(check(PageSchema, request.query));
  await store.flush();
  const { request_id: requestId, since_ms: sinceMs, until_ms: untilMs, ...page } = asked;
  const { calls, next } = await listCalls(store.db, appid, { ...page, requestId, sinceMs, untilMs });
  return { calls: calls.map(callView), ...(next === undefined ? {} : { next }) };
}

async function detail({ door, store }: RouteOptions, request: Pick<FastifyRequest, "ip" | "headers" | "query">, id: string) {
  const appid = basicAppid(door, request);
  const { digits } = valid(check(DetailSchema, request.query));
  await store.flush();
  const call = await findCall(store.db, appid, id);
  if (!call) throw new PiopiyError("unknown_call", "There is no such call.");
  const timeline = timelineView(await readTimeline(store.db, call.id), digits === "1");
  return {
    ...callView(call),
    legs: (await readLegs(store.db, call.id)).map(legView),
    actions: actionsView(timeline),
    timeline,
    recordings: (await readRecordings(store.db, call.id)).map(recordingView),
    webhooks: webhooksView(await readEvents(store.db, call.id), await readDeliveries(store.db, call.id)),
  };
}

async function remove({ door, control }: RouteOptions, request: Pick<FastifyRequest, "ip" | "headers">, id: string) {
  await control.deleteCall(basicAppid(door, request), id);
  return done("deleted");
}

function valid<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new InvalidRequest(checked.issues);
  return checked.value;
}
