import { PiopiyServerError } from "./errors.ts";
import { bodyCode, isRecord, textField, uncertain, type Reply } from "./http/reply.ts";

/** The reply to a call creation. Further keys of the server are kept as they came. */
export interface CallResponse {
  /** The id of the request; webhooks of the call carry it. */
  readonly request_id: string;
  /** What the server says of the call: "progress" once it has taken it; empty when it says nothing. */
  readonly status: string;
  /** 200. */
  readonly code: number;
  readonly [key: string]: unknown;
}

/** The reply to an action on a call. Further keys of the server are kept as they came. */
export interface ControlResponse {
  /** 200. */
  readonly code: number;
  /** What the server says; its whole reply when that is no JSON object. */
  readonly message?: string;
  readonly [key: string]: unknown;
}

/** Reads the reply to a call creation: the id stands at the top, in `data`, or in both. */
export function callResponse(reply: Reply): CallResponse {
  const { body } = reply;
  const data = isRecord(body) ? body["data"] : undefined;
  const id = textField(body, "request_id") ?? textField(data, "request_id");
  if (!isRecord(body) || id === undefined) {
    throw new PiopiyServerError(
      `The server took the request, but its reply has no request_id; is baseUrl the address of a Piopiy server? ${uncertain}`,
      { status: reply.status, requestId: reply.requestId, body },
    );
  }
  const status = textField(body, "status") ?? textField(data, "status") ?? "";
  return { ...body, request_id: id, status, code: bodyCode(body) ?? reply.status };
}

/** Reads the reply to an action on a call, whose shape the hosted service does not document. */
export function controlResponse(reply: Reply): ControlResponse {
  const { body } = reply;
  if (!isRecord(body)) return { code: reply.status, ...(typeof body === "string" && body !== "" ? { message: body } : {}) };
  const message = textField(body, "message") ?? textField(body, "msg");
  return { ...body, code: bodyCode(body) ?? reply.status, ...(message === undefined ? {} : { message }) };
}
