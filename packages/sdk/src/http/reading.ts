import { PiopiyServerError, PiopiyValidationError } from "../errors.ts";
import { isRecord, type Reply } from "./reply.ts";
import { send, type Transport } from "./send.ts";

/** What reading needs beside where to. */
export interface ReadingOptions {
  /** Aborts the request; it then rejects with a PiopiyAbortedError. */
  readonly signal?: AbortSignal | undefined;
}

interface App {
  readonly appid: number;
  readonly secret: string;
}

/** GETs a path of a server of one's own, as the app. */
export async function read(
  transport: Transport, credentials: App, path: string, { signal }: ReadingOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  return recordOf(await send(transport, { ...asApp(transport, credentials, path, signal), repeatable: true }));
}

/** POSTs to a path of a server of one's own, as the app. `repeatable`: doing it twice is the same as once. */
export async function post(
  transport: Transport, credentials: App, path: string,
  { signal, body, repeatable }: ReadingOptions & { readonly body: Readonly<Record<string, unknown>>; readonly repeatable: boolean },
): Promise<Reply> {
  return await send(transport, { ...asApp(transport, credentials, path, signal), body, repeatable });
}

function asApp({ config }: Transport, { appid, secret }: App, path: string, signal: AbortSignal | undefined) {
  if (config.baseUrl === undefined) {
    throw new PiopiyValidationError("options.baseUrl", "The hosted service has nothing like it; options.baseUrl (or PIOPIY_BASE_URL) must be the address of your own server.");
  }
  return {
    url: `${config.baseUrl}${path}`,
    headers: { authorization: `Basic ${base64(`${appid}:${secret}`)}` },
    secrets: [secret],
    signal,
  };
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
