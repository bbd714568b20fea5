import type { Issue } from "@piopiy/pcmo";
import { parseHttpDate, type Clock } from "../base/clock.ts";
import {
  PiopiyApiError,
  PiopiyAuthenticationError,
  PiopiyNotFoundError,
  PiopiyRateLimitError,
  PiopiyServerError,
  PiopiyValidationError,
  type PiopiyError,
} from "../errors.ts";
import type { FetchResponse } from "../options.ts";

/** A reply as read: the body is parsed JSON, or the text when it is none. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string | undefined;
  /** What `Retry-After` asks for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The server said that it honours `Idempotency-Key`. */
  readonly honoursIdempotency: boolean;
}

/** Reads a response to its end. */
export async function readReply(response: FetchResponse, clock: Clock): Promise<Reply> {
  const body = parseBody(await response.text());
  return {
    status: response.status,
    body,
    requestId: response.headers.get("x-request-id") ?? textField(body, "request_id"),
    retryAfterMs: retryAfter(response.headers.get("retry-after"), clock),
    honoursIdempotency: response.headers.get("piopiy-idempotency") === "1",
  };
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** RFC 9110 §10.2.3: seconds, or an HTTP date. */
function retryAfter(value: string | null, clock: Clock): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  const at = parseHttpDate(value);
  return at === undefined ? undefined : Math.max(0, at - clock.now());
}

/** Whether `value` is a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text under `name` in `body`, when there is one. */
export function textField(body: unknown, name: string): string | undefined {
  const value = isRecord(body) ? body[name] : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The body's own code, `code` or `cmi_code`; when both are there and differ, the one that is no success. */
export function bodyCode(body: unknown): number | undefined {
  if (!isRecord(body)) return undefined;
  const codes = [body["code"], body["cmi_code"]].filter((value) => value !== undefined && value !== null).map(readCode);
  return codes.find((code) => code !== 200) ?? codes[0];
}

/** A code as a number or a text such as "cmi-200"; 0, which is no success, when it cannot be read. */
function readCode(value: unknown): number {
  if (typeof value === "number") return value;
  const digits = typeof value === "string" ? /^(?:cmi-)?(\d{3})$/.exec(value)?.[1] : undefined;
  return digits === undefined ? 0 : Number(digits);
}

/** The error that a reply stands for; undefined for a success: 2xx, with no other code than 200 in its body. */
export function failureOf(reply: Reply, secrets: readonly string[]): PiopiyError | undefined {
  const told = bodyCode(reply.body);
  const accepted = reply.status >= 200 && reply.status < 300;
  if (accepted && (told === undefined || told === 200)) return undefined;
  const status = accepted ? (told ?? 0) : reply.status;
  return clientError(reply, status, told, secrets) ?? serverError(reply, status, serverText(reply.body, secrets));
}

/** The errors that the caller can put right. */
function clientError(reply: Reply, status: number, told: number | undefined, secrets: readonly string[]): PiopiyError | undefined {
  const details = { status, requestId: reply.requestId, body: reply.body };
  const said = serverText(reply.body, secrets);
  if (status === 401 || status === 403 || told === 420 || status === 420) {
    return new PiopiyAuthenticationError(
      `The server refused the app id or its token. Check both, and that they belong to this server.${said}`, details);
  }
  // The hosted API names a missing or wrong property by 422, 501 and 502 in the body; a gateway's 502 has no such body.
  if (status === 400 || status === 422 || told === 501 || told === 502) {
    const issues = issuesOf(reply.body);
    const field = issues[0]?.path.slice(1).replaceAll("/", ".") || "request";
    return new PiopiyValidationError(field, `The server refused the request as invalid. Correct ${redact(field, secrets)}.${said}`, issues, details);
  }
  if (status === 404) {
    return new PiopiyNotFoundError(
      `The server does not know what was asked for. Check the call's id, the file name, or baseUrl; an ended call is gone.${said}`, details);
  }
  return undefined;
}

function serverError(reply: Reply, status: number, said: string): PiopiyError {
  const details = { status, requestId: reply.requestId, body: reply.body };
  if (status === 429) {
    return new PiopiyRateLimitError(
      `Too many requests. Wait${reply.retryAfterMs === undefined ? "" : " for retryAfterMs"}, then try again.${said}`, reply.retryAfterMs, details);
  }
  if (status === 503) {
    return new PiopiyServerError(`The server is full or going down; it took nothing. Try again later.${said}`, details);
  }
  if (status >= 500) return new PiopiyServerError(`The server failed (${status}). ${uncertain}${said}`, details);
  if (status >= 300 && status < 400) {
    return new PiopiyApiError("The server redirects, and credentials are not sent elsewhere. Set baseUrl to where it redirects.", details);
  }
  return new PiopiyApiError(`The server refused the request (${status}). What it answered is in \`body\`.${said}`, details);
}

/** What every error says when nobody knows whether the request was carried out. */
export const uncertain = "It may have been carried out: look before you repeat it.";

function serverText(body: unknown, secrets: readonly string[]): string {
  const text = textField(body, "message") ?? textField(body, "error") ?? textField(body, "msg");
  return text === undefined ? "" : ` The server says: ${redact(text, secrets)}`;
}

function issuesOf(body: unknown): readonly Issue[] {
  const errors = isRecord(body) ? body["errors"] : undefined;
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) => {
    const path = isRecord(error) ? error["path"] : undefined;
    const message = textField(error, "message");
    return typeof path === "string" && message !== undefined ? [{ path, message }] : [];
  });
}

/**
 * `text` without what must not stand in a message: the given secrets, SIP addresses, and every number of three or
 * more digits however it is written. At most 200 characters are kept.
 */
function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret !== "") clean = clean.replaceAll(secret, "[redacted]");
  }
  return clean
    .replaceAll(/sips?:\S+/gi, "[redacted]")
    .replaceAll(/[+(]*\d(?:[\s().-]{0,3}\d){2,}/g, "[redacted]")
    .slice(0, 200);
}
