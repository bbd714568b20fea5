import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { abortable, PiopiyError, scope, type Clock } from "../base/index.ts";
import { addressPolicy, type AddressPolicy, type AddressPolicyOptions } from "./address-policy.ts";
import { exchange, type HttpResponse, type Resolved } from "./http-exchange.ts";

export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For everything together: name lookup, redirects, the body. 10 s unless given. */
  readonly timeoutMs?: number;
  /** The largest body that is taken. 1 MB unless given. */
  readonly maxBytes?: number;
  /** What becomes of a longer body: the request fails, unless its beginning is enough. */
  readonly beyond?: "fail" | "cut";
  /** Is shown the body as it comes, with the status (redirections too, which have their own). */
  readonly onPart?: (part: Uint8Array, status: number) => void;
}

/** The one way out: HTTP to addresses the server may reach. */
export interface SafeFetch {
  /**
   * Any status is a response. A GET follows at most three redirects. Fails with `fetch_refused` (the address is not
   * allowed, or is no HTTP address) and `fetch_failed` (no connection, too slow, too large); an abort rejects with the
   * signal's reason.
   */
  request(url: string, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse>;
}

export interface HttpFetchOptions extends AddressPolicyOptions {
  readonly clock: Clock;
  /** Name lookup; the system's unless given. */
  readonly resolve?: (host: string) => Promise<readonly Resolved[]>;
}

const MAXIMUM_REDIRECTS = 3;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAXIMUM_BYTES = 1 << 20;
const redirects = new Set([301, 302, 303, 307, 308]);

export function createHttpFetch(options: HttpFetchOptions): SafeFetch {
  const policy = addressPolicy(options);
  const resolve = options.resolve ?? ((host) => lookup(host, { all: true, verbatim: true }));
  return {
    async request(url, request, signal) {
      using within = scope(signal);
      const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const late = new PiopiyError("fetch_failed", `The address did not answer completely within ${timeoutMs} ms.`);
      const timer = options.clock.setTimer(timeoutMs, () => within.close(late));
      try {
        return await follow(url, request, policy, resolve, within.signal);
      } finally {
        timer.cancel();
      }
    },
  };
}

async function follow(
  url: string,
  request: HttpRequest,
  policy: AddressPolicy,
  resolve: (host: string) => Promise<readonly Resolved[]>,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const { method = "GET", body, maxBytes = DEFAULT_MAXIMUM_BYTES, beyond = "fail", onPart } = request;
  let { headers = {} } = request;
  let target = parsedUrl(url);
  for (let hop = 0; ; hop++) {
    const addresses = await permitted(target, policy, resolve, signal);
    const sent = { method, headers, maxBytes, beyond, addresses, ...(body === undefined ? {} : { body }), ...(onPart && { onPart }) };
    const response = await exchange(target, sent, signal);
    const { location } = response.headers;
    if (method !== "GET" || !redirects.has(response.status) || location === undefined) return response;
    if (hop === MAXIMUM_REDIRECTS) throw new PiopiyError("fetch_failed", `The address redirects more than ${MAXIMUM_REDIRECTS} times.`);
    const next = parsedUrl(location, target);
    // What was meant for one server is not told to another.
    if (next.origin !== target.origin) headers = withoutSecrets(headers);
    target = next;
  }
}

function parsedUrl(url: string, base?: URL): URL {
  const parsed = URL.canParse(url, base?.href) ? new URL(url, base?.href) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:") {
    throw new PiopiyError("fetch_refused", "The address is no http or https URL.");
  }
  return parsed;
}

/**
 * The addresses of the URL's host that may be reached. They are looked up once, here, and the connection goes to one of
 * them: a name cannot resolve to something else in between.
 */
export async function permitted(
  url: URL,
  policy: AddressPolicy,
  resolve: (host: string) => Promise<readonly Resolved[]>,
  signal: AbortSignal,
): Promise<readonly Resolved[]> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const version = isIP(host);
  const all = version === 0 ? await abortable(resolved(host, resolve), signal) : [{ address: host, family: version }];
  const allowed = all.filter(({ address }) => policy.permits(host, address));
  if (allowed.length > 0) return allowed;
  throw new PiopiyError("fetch_refused", "The address is private or reserved. Add its host to urls.allow in the configuration.");
}

async function resolved(host: string, resolve: (host: string) => Promise<readonly Resolved[]>): Promise<readonly Resolved[]> {
  try {
    return await resolve(host);
  } catch (cause) {
    throw new PiopiyError("fetch_failed", "The host name of the address cannot be resolved.", { cause });
  }
}

function withoutSecrets(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(authorization|cookie|proxy-authorization)$/i.test(name)));
}
