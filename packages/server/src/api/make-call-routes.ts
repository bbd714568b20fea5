import { parseAnswerUrlCall, parseMakeCall, type MakeCallResponse } from "@piopiy/pcmo";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Control, PlaceCall } from "../control/index.ts";
import type { RouteOptions } from "./options.ts";
import { checkBodyCredentials } from "./credentials.ts";
import { InvalidRequest } from "./failures.ts";
import { createOnce, hashOf, keyOf, type Once } from "./once.ts";

/** Both do the same here: which of them a client takes is a matter of the hosted service's regions. */
export const makeCallPaths = [
  "/v2/ind_pcmo_make_call", "/v2/global_pcmo_make_call", "/v1/pcmo_make_call", "/v1/global_pcmo_make_call",
] as const;

/** With an `answer_url` in place of the flow. */
export const answerUrlCallPaths = ["/v1/make_call", "/v1/global_make_call"] as const;

export function makeCallRoutes(api: FastifyInstance, { door, control, store, clock }: RouteOptions): void {
  const once = createOnce({ store, clock });
  const routes = [...makeCallPaths.map((path) => [path, readFlowCall] as const), ...answerUrlCallPaths.map((path) => [path, readAnswerUrlCall] as const)];
  for (const [path, read] of routes) {
    api.post(path, async (request, reply) => {
      // A client may repeat a request that failed on the way only where the key is honoured: this says that it is.
      void reply.header("piopiy-idempotency", "1");
      checkBodyCredentials(door, request);
      return await place(control, once, request, read(request.body));
    });
  }
}

async function place(control: Control, once: Once, request: FastifyRequest, placing: PlaceCall): Promise<unknown> {
  const key = keyOf(request.headers["idempotency-key"]);
  if (key === undefined) return responseOf((await control.placeCall(placing)).requestId);
  const keyed = { appid: placing.request.appid, key, requestHash: hashOf(request.body) };
  return await once(keyed, async () => {
    const { requestId } = await control.placeCall({ ...placing, idempotency: { ...keyed, responseOf } });
    return responseOf(requestId);
  });
}

function readFlowCall(body: unknown): PlaceCall {
  const parsed = parseMakeCall(body);
  if (!parsed.ok) throw new InvalidRequest(parsed.issues);
  const { secret: _, ...request } = parsed.value;
  return { request, warnings: parsed.warnings };
}

function readAnswerUrlCall(body: unknown): PlaceCall {
  const parsed = parseAnswerUrlCall(body);
  if (!parsed.ok) throw new InvalidRequest(parsed.issues);
  const { secret: _, answer_url: answerUrl, ...request } = parsed.value;
  return { request: { ...request, pcmo: [] }, answerUrl, warnings: parsed.warnings };
}

function responseOf(requestId: string): MakeCallResponse {
  return { data: { status: "progress", request_id: requestId }, status: "progress", request_id: requestId, code: 200, cmi_code: 200 };
}
