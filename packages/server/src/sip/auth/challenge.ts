import { unquote } from "../message/params.ts";

/** A WWW-Authenticate, Proxy-Authenticate, Authorization or Proxy-Authorization value, names in lower case. */
export interface AuthValue {
  /** In lower case: `digest`. */
  readonly scheme: string;
  /** Values without quotes. */
  readonly params: ReadonlyMap<string, string>;
}

const SCHEME = /^\s*([\w\-.!%*+`'~]+)(?:\s+|$)/;
const PAIR = /\s*([\w\-.!%*+`'~]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*(?:,|$)/y;

/** The parts of the value; `undefined` when it is malformed (RFC 3261 §25.1 challenge, credentials). */
export function parseAuth(value: string): AuthValue | undefined {
  const found = SCHEME.exec(value);
  if (!found) return undefined;
  const params = new Map<string, string>();
  let at = found[0].length;
  while (at < value.length) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(value);
    // A parameter that comes twice says two things at once.
    const name = pair?.[1]?.toLowerCase();
    if (!pair || name === undefined || params.has(name)) return undefined;
    params.set(name, unquote(pair[2] ?? ""));
    at = PAIR.lastIndex;
  }
  return { scheme: (found[1] ?? "").toLowerCase(), params };
}
