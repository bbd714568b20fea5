import type { Ids } from "../../base/index.ts";
import { type Header, headerLines, type SipRequest, type SipResponse } from "../message/message.ts";
import { quote } from "../message/params.ts";
import { type AuthValue, parseAuth } from "./challenge.ts";
import { type DigestAlgorithm, digestResponse } from "./digest.ts";

/** Answers the challenges one request meets on its way (RFC 3261 §22.2, §22.3). */
export interface Authorizer {
  /**
   * The credentials to send with the request's next attempt; `undefined` when the challenge cannot be answered, or has
   * been, and the same again would not help.
   */
  answer(request: SipRequest, response: SipResponse): readonly Header[] | undefined;
}

/** Proxies on the way and the server may each challenge, and each may find its nonce stale. */
const MAX_ANSWERS = 4;

const ANSWERS = { 401: ["WWW-Authenticate", "Authorization"], 407: ["Proxy-Authenticate", "Proxy-Authorization"] } as const;

interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** The algorithm as the server wrote it; it gets it back so. */
  readonly written: string | undefined;
  readonly session: boolean;
  readonly qop: boolean;
  readonly opaque: string | undefined;
  readonly stale: boolean;
}

export function createAuthorizer(
  { username, password }: { readonly username: string; readonly password: string }, ids: Ids,
): Authorizer {
  const nonces = new Set<string>();
  const realms = new Set<string>();
  /** The newest credentials for each challenger: a request that passes two of them carries both. */
  const credentials = new Map<string, Header>();
  return {
    answer(request, response) {
      if (response.status !== 401 && response.status !== 407) return undefined;
      const [challengeName, answerName] = ANSWERS[response.status];
      const challenge = preferred(headerLines(response, challengeName));
      if (!challenge || nonces.size >= MAX_ANSWERS || nonces.has(challenge.nonce)) return undefined;
      const key = `${answerName} ${challenge.realm}`;
      // RFC 3261 §22.1: credentials that were refused are refused again, unless only the nonce was stale.
      if (realms.has(key) && !challenge.stale) return undefined;
      nonces.add(challenge.nonce);
      realms.add(key);
      const value = authorization(challenge, { username, password, method: request.method, uri: request.uri, cnonce: ids.token(16) });
      credentials.set(key, [answerName, value]);
      return [...credentials.values()];
    },
  };
}

/** The first challenge that can be answered: the server puts the one it likes best first (RFC 8760 §2.4). */
function preferred(values: readonly string[]): Challenge | undefined {
  for (const value of values) {
    const challenge = understand(parseAuth(value));
    if (challenge) return challenge;
  }
  return undefined;
}

function understand(value: AuthValue | undefined): Challenge | undefined {
  const realm = value?.params.get("realm");
  const nonce = value?.params.get("nonce");
  if (value?.scheme !== "digest" || realm === undefined || nonce === undefined) return undefined;
  const written = value.params.get("algorithm");
  const [, name, session] = /^(MD5|SHA-256)(-sess)?$/i.exec(written ?? "MD5") ?? [];
  const qops = value.params.get("qop")?.toLowerCase().split(",").map((qop) => qop.trim());
  if (name === undefined || (qops && !qops.includes("auth"))) return undefined;
  return {
    realm, nonce, written,
    algorithm: name.toUpperCase() === "MD5" ? "MD5" : "SHA-256",
    session: session !== undefined,
    qop: qops !== undefined,
    opaque: value.params.get("opaque"),
    stale: value.params.get("stale")?.toLowerCase() === "true",
  };
}

interface Attempt {
  readonly username: string;
  readonly password: string;
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
}

function authorization(challenge: Challenge, { username, password, method, uri, cnonce }: Attempt): string {
  const { realm, nonce, algorithm, session } = challenge;
  const nc = "00000001"; // one answer per nonce
  const qop = challenge.qop || session ? { cnonce, nc } : undefined;
  const response = digestResponse({
    algorithm, session, username, realm, password, method, uri, nonce, ...(qop ? { qop } : undefined),
  });
  const parts = [
    `username=${quote(username)}`, `realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(challenge.written === undefined ? [] : [`algorithm=${challenge.written}`]),
    ...(qop ? [`qop=auth`, `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(challenge.opaque === undefined ? [] : [`opaque=${quote(challenge.opaque)}`]),
  ];
  return `Digest ${parts.join(", ")}`;
}
