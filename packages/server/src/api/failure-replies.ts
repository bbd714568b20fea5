import type { ErrorResponse } from "@piopiy/pcmo";
import type { FastifyInstance, FastifyReply } from "fastify";
import type { Logger } from "pino";
import { errorTable, PiopiyError } from "../base/index.ts";
import { CallRefused, TooManyCalls } from "../control/index.ts";
import { BadCredentials, InvalidRequest, TooManyRequests } from "./failures.ts";

/** What the hosted API says for a wrong app id or secret. */
const V2_BAD_CREDENTIALS = 420;
const RETRY_AFTER_S = { 429: 1, 503: 5 } as const;

/** Every refusal has one form: `{ code, cmi_code, message, errors? }`. */
export function handleFailures(api: FastifyInstance, bodyBytes: number, logger?: Logger): void {
  api.setNotFoundHandler((_, reply) => refuse(reply, 404, { message: errorTable.unknown_path.says }));
  api.setErrorHandler((failure, request, reply) => {
    if (failure instanceof PiopiyError) return refuseKnown(reply, failure);
    const outside = refusalOf(failure, bodyBytes);
    if (outside) return refuse(reply, outside.http, outside);
    logger?.error({ request: request.id, err: failure }, "request failed");
    return refuse(reply, 500, { message: errorTable.internal.says });
  });
}

function refuseKnown(reply: FastifyReply, failure: PiopiyError): FastifyReply {
  const { http } = errorTable[failure.code];
  if (failure instanceof InvalidRequest) return refuse(reply, http, { message: failure.message, errors: [...failure.issues] });
  if (failure instanceof TooManyCalls || failure instanceof TooManyRequests) return refuse(reply.header("retry-after", failure.retryAfterS), http, { message: failure.message });
  if (failure instanceof CallRefused) {
    if (failure.retryAfterS !== undefined) void reply.header("retry-after", failure.retryAfterS);
    return refuse(reply, http, { message: failure.message, errors: [{ path: "/to", message: failure.refusal.message }] });
  }
  if (!(failure instanceof BadCredentials)) return refuse(reply, http, { message: failure.message });
  if (failure.scheme === "v2") return refuse(reply, http, { message: failure.message, code: V2_BAD_CREDENTIALS });
  void reply.header("www-authenticate", 'Basic realm="piopiy", charset="UTF-8"');
  return refuse(reply, http, { message: failure.message });
}

function refuse(
  reply: FastifyReply,
  http: number,
  { message, code = http, errors }: { readonly message: string; readonly code?: number; readonly errors?: ErrorResponse["errors"] },
): FastifyReply {
  if ((http === 429 || http === 503) && !reply.hasHeader("retry-after")) void reply.header("retry-after", RETRY_AFTER_S[http]);
  const body: ErrorResponse = { code, cmi_code: code, message, ...(errors === undefined ? {} : { errors }) };
  return reply.code(http).type("application/json; charset=utf-8").send(body);
}

/** What fastify refuses by itself, in our words: its own may quote what was sent. */
function refusalOf(failure: unknown, bodyBytes: number): { readonly http: number; readonly message: string } | undefined {
  const { code, statusCode } = Object(failure) satisfies { code?: unknown; statusCode?: unknown };
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return { http: 413, message: `The body is larger than ${Math.floor(bodyBytes / 1024)} KiB.` };
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return { http: 415, message: "The body must be JSON, with the header content-type: application/json." };
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return { http: 400, message: "The body is not as long as content-length says." };
    default:
      return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500
        ? { http: statusCode, message: "The request is not valid HTTP for this server." }
        : undefined;
  }
}
