import { type Params } from "./params.ts";

/** A `sip:` or `sips:` URI (RFC 3261 §19.1). Escapes (`%41`) are kept as written; see `unescape`. */
export interface SipUri {
  readonly scheme: "sip" | "sips";
  readonly user?: string;
  readonly password?: string;
  /** In lower case; an IPv6 literal without its brackets. */
  readonly host: string;
  readonly port?: number;
  readonly params: Params;
  /** What follows `?`. */
  readonly headers?: string;
}

const ESCAPED = "%[0-9A-Fa-f]{2}";
const USER = `(?:[\\w\\-.!~*'()&=+$,;?/#]|${ESCAPED})+`;
const PASSWORD = `(?:[\\w\\-.!~*'()&=+$,]|${ESCAPED})*`;
export const HOST = "\\[[0-9A-Fa-f:.]+\\]|[\\w.-]+";
const SIP_URI = new RegExp(
  `^(sips?):(?:(${USER})(?::(${PASSWORD}))?@)?(${HOST})(?::(\\d{1,5}))?((?:;[^;?@<>"\\s]+)*)(?:\\?([^\\s<>"]+))?$`,
  "i",
);
const PARAM_PART = new RegExp(`^(?:[\\w\\-.!~*'()[\\]/:&+$]|${ESCAPED})+$`);
// RFC 3261 §25.1 absoluteURI, as far as it matters to tell it from nonsense.
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"]+$/;
const none: Params = [];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The parts of a SIP or SIPS URI; `undefined` when it is none. */
export function parseSipUri(text: string): SipUri | undefined {
  const found = SIP_URI.exec(text);
  if (!found) return undefined;
  const [, scheme = "", user, password, host = "", portText, paramText = "", headers] = found;
  const params = paramText === "" ? none : parseUriParams(paramText);
  const port = portText === undefined ? undefined : Number(portText);
  if (!params || (port !== undefined && port > 65535)) return undefined;
  const uri: Writable<SipUri> = { scheme: scheme.length === 3 ? "sip" : "sips", host: bareHost(host), params };
  if (user !== undefined) uri.user = user;
  if (password !== undefined) uri.password = password;
  if (port !== undefined) uri.port = port;
  if (headers !== undefined) uri.headers = headers;
  return uri;
}

function parseUriParams(text: string): Params | undefined {
  const params: [string, string | undefined][] = [];
  for (const part of text.slice(1).split(";")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? undefined : part.slice(equals + 1);
    if (!PARAM_PART.test(name) || (value !== undefined && value !== "" && !PARAM_PART.test(value))) return undefined;
    params.push([name.toLowerCase(), value]);
  }
  return params;
}

/** The scheme of any absolute URI in lower case; `undefined` when it is no URI. A malformed SIP URI has none. */
export function uriScheme(text: string): string | undefined {
  const scheme = text.slice(0, text.indexOf(":")).toLowerCase();
  return (scheme === "sip" || scheme === "sips" ? SIP_URI : ABSOLUTE_URI).test(text) ? scheme : undefined;
}

/** The URI as it goes on the wire. */
export function formatSipUri(uri: SipUri): string {
  const user = uri.user === undefined ? "" : `${uri.user}${uri.password === undefined ? "" : `:${uri.password}`}@`;
  const params = uri.params.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join("");
  return `${uri.scheme}:${user}${hostPort(uri.host, uri.port)}${params}${uri.headers === undefined ? "" : `?${uri.headers}`}`;
}

/** `host:port`, with brackets around an IPv6 literal. */
export function hostPort(host: string, port?: number): string {
  const bracketed = host.includes(":") ? `[${host}]` : host;
  return port === undefined ? bracketed : `${bracketed}:${port}`;
}

/** A host in lower case and without brackets. */
export const bareHost = (host: string): string =>
  (host.startsWith("[") ? host.slice(1, -1) : host).toLowerCase();

/** The user part with its escapes resolved; a broken escape stays as it is. */
export const unescape = (text: string): string =>
  text.includes("%") ? text.replace(/(?:%[0-9A-Fa-f]{2})+/g, decodeRun) : text;

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run; // escaped bytes that are no UTF-8
  }
}

/** The escaped form of a user part: `a b` becomes `a%20b`. */
export const escapeUser = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[^\w\-.!~*'()&=+$,;?/]/gu, (char) => encodeURIComponent(char));

/** Whether two SIP URIs are equal by RFC 3261 §19.1.4 (user in its case, host without; both or neither port). */
export function sameSipUri(a: SipUri, b: SipUri): boolean {
  if (a.scheme !== b.scheme || a.host !== b.host || a.port !== b.port || a.headers !== b.headers) return false;
  if (unescape(a.user ?? "") !== unescape(b.user ?? "") || a.password !== b.password) return false;
  return paramsAgree(a.params, b.params) && paramsAgree(b.params, a.params);
}

/** A parameter in only one of the URIs is ignored, unless it is one of these. */
const DECISIVE: ReadonlySet<string> = new Set(["user", "ttl", "method", "maddr", "transport"]);

function paramsAgree(a: Params, b: Params): boolean {
  return a.every(([name, value]) => {
    const other = b.find(([found]) => found === name);
    if (!other) return !DECISIVE.has(name);
    return unescape(value ?? "").toLowerCase() === unescape(other[1] ?? "").toLowerCase();
  });
}
