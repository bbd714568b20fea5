import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { concatBytes, PiopiyError } from "../base/index.ts";

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case; a header that came several times is joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Resolved {
  readonly address: string;
  readonly family: number;
}

interface Sent {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxBytes: number;
  readonly beyond: "fail" | "cut";
  readonly onPart?: (part: Uint8Array, status: number) => void;
  /** Where to connect to; the URL's host is only named. */
  readonly addresses: readonly Resolved[];
}

/** One request and its response, over a connection of its own. */
export function exchange(url: URL, sent: Sent, signal: AbortSignal): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = open(url, sent);
    const finished = () => signal.removeEventListener("abort", aborted);
    const fail = (failure: unknown) => {
      finished();
      request.destroy();
      reject(failure);
    };
    const aborted = () => fail(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    request.on("error", (failure) => fail(asFetchFailed(failure)));
    request.on("response", (response) => {
      const done = (body: Uint8Array) => {
        finished();
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body });
      };
      read(response, sent, done, fail);
    });
    return request.end(sent.body);
  });
}

function open(url: URL, { method, headers, body, addresses }: Sent): ClientRequest {
  const options: RequestOptions = {
    method,
    headers: {
      "user-agent": "piopiy",
      accept: "*/*",
      // Nothing here unpacks: what counts against the size limit is what is sent.
      "accept-encoding": "identity",
      ...headers,
      ...(body ? { "content-length": String(body.length) } : {}),
    },
    lookup: lookupOf(addresses),
    // A connection that is kept may be closed by the other side just as a POST is sent on it: nobody could then tell
    // whether it arrived. A connection for each request cannot fail that way.
    agent: false,
  };
  return url.protocol === "https:" ? httpsRequest(url, options) : httpRequest(url, options);
}

/** Connects to one of `addresses`, whatever the host is called. */
export const lookupOf = (addresses: readonly Resolved[]): LookupFunction =>
  function vetted(_host, options, callback) {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };

function read(
  response: IncomingMessage,
  { maxBytes, beyond, onPart }: Sent,
  done: (body: Uint8Array) => void,
  fail: (failure: unknown) => void,
): void {
  const parts: Uint8Array[] = [];
  const tooLarge = () => {
    if (beyond === "fail") return fail(new PiopiyError("fetch_failed", `The address answers with more than ${maxBytes} bytes.`));
    done(concatBytes(parts).subarray(0, maxBytes));
    response.destroy();
    return undefined;
  };
  if (Number(response.headers["content-length"] ?? 0) > maxBytes) return tooLarge();
  let length = 0;
  response.on("data", (part: Uint8Array) => {
    length += part.length;
    if (length <= maxBytes || beyond === "cut") parts.push(part);
    if (length <= maxBytes) onPart?.(part, response.statusCode ?? 0);
    if (length > maxBytes) tooLarge();
  });
  response.on("error", (failure) => fail(asFetchFailed(failure)));
  response.on("aborted", () => fail(new PiopiyError("fetch_failed", "The connection was closed before the answer was complete.")));
  response.on("end", () => done(concatBytes(parts)));
  return undefined;
}

function headersOf(response: IncomingMessage): Readonly<Record<string, string>> {
  const entries = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : (value ?? "")]);
  return Object.fromEntries(entries);
}

/** The error's code tells enough ("ECONNREFUSED"); its message would name the address. */
function asFetchFailed(cause: unknown): PiopiyError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "the connection failed";
  return new PiopiyError("fetch_failed", `The address could not be fetched: ${code}.`, { cause });
}
