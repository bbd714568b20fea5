import { PiopiyServerError, PiopiyValidationError } from "../errors.ts";
import { isRecord, type Reply } from "./reply.ts";
import { send, type Transport } from "./send.ts";

/** What reading needs beside where to. */
export interface ReadingOptions {
  /** Aborts the request; it then rejects with a PiopiyAbortedError. */
  readonly signal?: AbortSignal | undefined;
}

/** GETs a path of a server of one's own, as the app. */
export async function read(
  transport: Transport,
  credentials: { readonly appid: number; readonly secret: string },
  path: string,
  { signal }: ReadingOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { baseUrl } = transport.config;
  if (baseUrl === undefined) {
    throw new PiopiyValidationError("options.baseUrl", "The hosted service has no such look-up; options.baseUrl (or PIOPIY_BASE_URL) must be the address of your own server.");
  }
  const { appid, secret } = credentials;
  const reply = await send(transport, {
    url: `${baseUrl}${path}`,
    headers: { authorization: `Basic ${base64(`${appid}:${secret}`)}` },
    repeatable: true,
    secrets: [secret],
    signal,
  });
  return recordOf(reply);
}

function recordOf(reply: Reply): Readonly<Record<string, unknown>> {
  if (isRecord(reply.body)) return reply.body;
  throw new PiopiyServerError("The reply is no JSON object; is baseUrl the address of a Piopiy server?", {
    status: reply.status, requestId: reply.requestId, body: reply.body,
  });
}

/** RFC 7617 §2.1: the credentials as UTF-8. */
function base64(text: string): string {
  return globalThis.btoa(String.fromCodePoint(...new TextEncoder().encode(text)));
}

/** `?a=1&b=2` of what is given. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(String(value))}`]));
  return given.length === 0 ? "" : `?${given.join("&")}`;
}

/** The list under `name`; a reply without it is none of ours. */
export function listIn(body: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
  const list = body[name];
  if (Array.isArray(list)) return list;
  throw new PiopiyServerError(`The reply has no ${name}; is baseUrl the address of a Piopiy server?`, { body });
}
