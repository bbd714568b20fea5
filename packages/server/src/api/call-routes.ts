import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { check, type Checked } from "@piopiy/pcmo";
import { PiopiyError } from "../base/index.ts";
import { findCall, listCalls, readLegs, readRecordings, readTimeline } from "../store/index.ts";
import type { ApiOptions } from "./options.ts";
import { callView, legView, recordingView, timelineView } from "./call-views.ts";
import { basicAppid } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";

const pageMessage = "must be a whole number from 1 to 100";
const PageSchema = v.object({
  limit: v.optional(v.pipe(v.string(pageMessage), v.regex(/^([1-9]\d?|100)$/, pageMessage), v.transform(Number)), "20"),
  before: v.exactOptional(v.pipe(v.string("must be the id of a call"), v.maxLength(64, "must be the id of a call"))),
});
const DetailSchema = v.object({ digits: v.optional(v.picklist(["0", "1"], "must be 0 or 1"), "0") });

/** What became of calls; an app sees its own. */
export function callRoutes(api: FastifyInstance, options: ApiOptions): void {
  api.get("/calls", (request) => page(options, request));
  api.get<{ Params: CallParams }>("/calls/:id", (request) => detail(options, request, request.params.id));
}

interface CallParams {
  readonly id: string;
}

async function page({ apps, store }: ApiOptions, request: FastifyRequest) {
  const appid = basicAppid(apps, request);
  const asked = valid(check(PageSchema, request.query));
  await store.flush();
  const { calls, next } = await listCalls(store.db, appid, asked);
  return { calls: calls.map(callView), ...(next === undefined ? {} : { next }) };
}

async function detail({ apps, store }: ApiOptions, request: Pick<FastifyRequest, "headers" | "query">, id: string) {
  const appid = basicAppid(apps, request);
  const { digits } = valid(check(DetailSchema, request.query));
  await store.flush();
  const call = await findCall(store.db, appid, id);
  if (!call) throw new PiopiyError("unknown_call", "There is no such call.");
  return {
    ...callView(call),
    legs: (await readLegs(store.db, call.id)).map(legView),
    timeline: timelineView(await readTimeline(store.db, call.id), digits === "1"),
    recordings: (await readRecordings(store.db, call.id)).map(recordingView),
  };
}

function valid<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new InvalidRequest(checked.issues);
  return checked.value;
}
