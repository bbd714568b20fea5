import type { Clock, Ids } from "../../base/index.ts";
import { type Header, headerLines, type SipRequest } from "../message/message.ts";
import { quote } from "../message/params.ts";
import { parseSipUri } from "../message/uri.ts";
import { parseAuth } from "./challenge.ts";
import { type DigestAlgorithm, digestResponse } from "./digest.ts";
import { createNonces, equal } from "./nonces.ts";

export interface DigestAuthenticatorOptions {
  readonly realm: string;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The password of a user; `undefined` when there is no such user. */
  readonly lookup: (username: string) => string | undefined;
  /**
   * What is offered, best first; MD5 alone by default.
   * Deviation: RFC 8760 §2.4 would offer SHA-256 first. Phones in the field fail at a challenge they do not know.
   */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** How long a nonce may be used; 5 minutes by default. */
  readonly nonceLifetimeMs?: number;
}

export type AuthenticationResult =
  | { readonly ok: true; readonly username: string }
  | {
    readonly ok: false;
    /** To answer with, together with `headers`. */
    readonly status: 401;
    readonly headers: readonly Header[];
    /** The password was right, only the nonce is not good any more. */
    readonly stale: boolean;
  };

/** Who sent a request (RFC 3261 §22.2, RFC 7616, RFC 8760; qop=auth). */
export interface DigestAuthenticator {
  check(request: SipRequest): AuthenticationResult;
}

/** Checks digests with nonces that run out, may be used with a rising count only, and survive no restart. */
export function createDigestAuthenticator(options: DigestAuthenticatorOptions): DigestAuthenticator {
  const { realm, clock, ids, lookup, algorithms = ["MD5"], nonceLifetimeMs = 300_000 } = options;
  const nonces = createNonces(clock, ids, nonceLifetimeMs);
  const challenge = (stale: boolean): AuthenticationResult => ({
    ok: false,
    status: 401,
    stale,
    headers: algorithms.map((algorithm): Header => ["WWW-Authenticate",
      `Digest realm=${quote(realm)}, nonce="${nonces.issue()}", algorithm=${algorithm}, qop="auth"${stale ? ", stale=true" : ""}`]),
  });
  return {
    check(request) {
      let stale = false;
      for (const line of headerLines(request, "Authorization")) {
        const given = credentialsIn(line);
        if (!given || given.realm !== realm || !algorithms.includes(given.algorithm)) continue;
        // An unknown user costs as much time as a known one.
        const password = lookup(given.username);
        const expected = digestResponse({ ...given, password: password ?? "", method: request.method });
        const right = equal(expected, given.response) && password !== undefined && meansTarget(given.uri, request.uri);
        if (right && nonces.use(given.nonce, given.count)) return { ok: true, username: given.username };
        stale ||= right;
      }
      return challenge(stale);
    },
  };
}

interface Given {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  readonly qop?: { readonly cnonce: string; readonly nc: string };
  readonly count: number;
}

function credentialsIn(line: string): Given | undefined {
  const value = parseAuth(line);
  if (value?.scheme !== "digest") return undefined;
  const of = (name: string) => value.params.get(name);
  const [username, realm, nonce, uri] = [of("username"), of("realm"), of("nonce"), of("uri")];
  const response = of("response")?.toLowerCase();
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined || response === undefined) {
    return undefined;
  }
  const algorithm = (of("algorithm") ?? "MD5").toUpperCase();
  if (algorithm !== "MD5" && algorithm !== "SHA-256") return undefined;
  const base = { username, realm, nonce, uri, response, algorithm } as const;
  // RFC 3261 §22.4 still admits clients that know no qop: their nonce is good for one request.
  if (of("qop") === undefined) return { ...base, count: 1 };
  const [cnonce, nc] = [of("cnonce"), of("nc")];
  if (of("qop")?.toLowerCase() !== "auth" || !cnonce || nc === undefined || !/^[0-9a-f]{8}$/i.test(nc)) return undefined;
  return { ...base, qop: { cnonce, nc }, count: Number.parseInt(nc, 16) };
}

/** RFC 7616 §3.4.6: the digest-uri names the same resource as the request; parameters may have been lost on the way. */
function meansTarget(digestUri: string, requestUri: string): boolean {
  if (digestUri === requestUri) return true;
  const [digest, request] = [parseSipUri(digestUri), parseSipUri(requestUri)];
  return digest !== undefined && request !== undefined && digest.host === request.host && digest.user === request.user;
}
