import { appId, check, fields, secret } from "@piopiy/pcmo";
import type { FastifyInstance, FastifyRequest } from "fastify";
import * as v from "valibot";
import { PiopiyError } from "../base/index.ts";
import { readCdrs, type EventRow } from "../store/index.ts";
import { checkBodyCredentials } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";
import type { RouteOptions } from "./options.ts";

export const cdrPaths = ["/v1/piopiy/cmiuuid_cdr", "/v1/piopiy/requestid_cdr"] as const;

const id = v.pipe(v.string("must be an id, as text"), v.minLength(1, "must be an id, as text"), v.maxLength(64, "must be an id, as text"));
const LegSchema = fields({ appid: appId(), secret: secret(), cmiuuid: id });
const RequestSchema = fields({ appid: appId(), secret: secret(), request_id: id });

/** The records of legs that have ended, as the hosted API gives them. Nothing is charged here: rate and balance are 0. */
export function cdrRoutes(api: FastifyInstance, options: RouteOptions): void {
  const [legPath, requestPath] = cdrPaths;
  api.post(legPath, (request) => ofLeg(options, request));
  api.post(requestPath, (request) => ofRequest(options, request));
}

async function ofLeg({ door, store }: RouteOptions, request: Pick<FastifyRequest, "ip" | "body">) {
  checkBodyCredentials(door, request);
  const asked = check(LegSchema, request.body);
  if (!asked.ok) throw new InvalidRequest(asked.issues);
  await store.flush();
  const [found] = await readCdrs(store.db, asked.value.appid, { legId: asked.value.cmiuuid });
  if (!found) throw new PiopiyError("unknown_call", "There is no leg of this id that has ended.");
  return { cdr: recordOf(found, "0"), code: 200, cmi_code: 200 };
}

async function ofRequest({ door, store }: RouteOptions, request: Pick<FastifyRequest, "ip" | "body">) {
  checkBodyCredentials(door, request);
  const asked = check(RequestSchema, request.body);
  if (!asked.ok) throw new InvalidRequest(asked.issues);
  await store.flush();
  const found = await readCdrs(store.db, asked.value.appid, { requestId: asked.value.request_id });
  if (found.length === 0) throw new PiopiyError("unknown_call", "There is no request of this id of which a leg has ended.");
  return { count: found.length, cdr: found.map((row) => recordOf(row, 0)), code: 200, cmi_code: 200 };
}

const SHOWN = ["duration", "from", "to", "time", "leg", "direction", "status"] as const;

/** `nothing` is 0 as text for one leg, and as a number in a list: so it is over there. */
function recordOf({ body }: EventRow, nothing: 0 | "0"): Readonly<Record<string, unknown>> {
  const record: Readonly<Record<string, unknown>> = JSON.parse(body);
  return { ...Object.fromEntries(SHOWN.map((key) => [key, record[key]])), balance: nothing, rate: nothing };
}
