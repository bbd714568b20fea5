import { formatParams, param, type Params, parseParams, quote, unquote } from "./params.ts";
import { uriScheme } from "./uri.ts";

/** The value of From, To, Contact, Route, …: `"Alice" <sip:alice@example.com>;tag=1` (RFC 3261 §20.10). */
export interface NameAddr {
  /** Without quotes and escapes; absent or not empty. */
  readonly displayName?: string;
  /** Any absolute URI; a SIP URI among them is well-formed. */
  readonly uri: string;
  /** The header's parameters, not the URI's. */
  readonly params: Params;
}

const IN_BRACKETS = /^[ \t]*(?:("(?:[^"\\]|\\.)*")[ \t]*|([\w\-.!%*+`'~]+(?:[ \t]+[\w\-.!%*+`'~]+)*)[ \t]*)?<([^<>]*)>/s;
const BARE = /^[ \t]*([^\s<>",;?]+)(?=[ \t]*(?:;|$))/;

/** The parts of a name-addr or addr-spec with its parameters; `undefined` when it is malformed. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const bracketed = IN_BRACKETS.exec(text);
  // RFC 3261 §20: without brackets everything after `;` belongs to the header, and the URI has no `,`, `?` or `;`.
  const found = bracketed ?? BARE.exec(text);
  if (!found) return undefined;
  const uri = (bracketed ? found[3] : found[1]) ?? "";
  const params = parseParams(text, found[0].length);
  if (!params || uriScheme(uri) === undefined) return undefined;
  const displayName = bracketed ? (found[1] === undefined ? found[2] : unquote(found[1])) : undefined;
  return displayName ? { displayName, uri, params } : { uri, params };
}

/** The value as it goes on the wire, always with brackets. */
export function formatNameAddr(address: NameAddr): string {
  const name = address.displayName ? `${quote(address.displayName)} ` : "";
  return `${name}<${address.uri}>${formatParams(address.params)}`;
}

/** The tag of a From or To value (RFC 3261 §19.3). */
export const tagOf = (address: NameAddr): string | undefined => param(address.params, "tag") || undefined;
