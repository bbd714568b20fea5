import { isListHeader, knownName } from "./header-names.ts";
import { splitList } from "./params.ts";

/** One header line, unfolded and trimmed. Known names are in their one spelling: `"Via"`, never `"v"`. */
export type Header = readonly [name: string, value: string];

/** A SIP request (RFC 3261 §7.1). Header values are text until somebody asks for their parts. */
export interface SipRequest {
  readonly type: "request";
  readonly method: string;
  /** The Request-URI as it was written. */
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

/** A SIP response (RFC 3261 §7.2). */
export interface SipResponse {
  readonly type: "response";
  /** 100 to 699. */
  readonly status: number;
  /** The reason phrase; may be empty. */
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
}

export type SipMessage = SipRequest | SipResponse;

/** Anything that carries header lines. */
export interface WithHeaders {
  readonly headers: readonly Header[];
}

export const noBody: Uint8Array = new Uint8Array(0);

/** The body and its type; `undefined` without one. */
export function bodyOf(message: SipMessage): { readonly type: string; readonly bytes: Uint8Array } | undefined {
  const type = message.body.length > 0 ? header(message, "Content-Type") : undefined;
  return type === undefined ? undefined : { type, bytes: message.body };
}

/** The value of the first header line of that name, in any spelling or compact form; `undefined` without one. */
export function header(message: WithHeaders, name: string): string | undefined {
  const known = knownName(name);
  // Taking each line apart by a pattern runs its iterator: three times the work, here where all messages pass.
  if (known !== undefined) {
    for (const line of message.headers) if (line[0] === known) return line[1];
    return undefined;
  }
  const wanted = name.toLowerCase();
  for (const line of message.headers) if (line[0].toLowerCase() === wanted) return line[1];
  return undefined;
}

/** The values of all header lines of that name, one per line. */
export function headerLines(message: WithHeaders, name: string): readonly string[] {
  const known = knownName(name);
  const wanted = known ?? name.toLowerCase();
  const values: string[] = [];
  for (const line of message.headers) {
    if ((known === undefined ? line[0].toLowerCase() : line[0]) === wanted) values.push(line[1]);
  }
  return values;
}

/** All values of that name in order; lines whose grammar is a list are taken apart at their commas (§7.3.1). */
export function headerValues(message: WithHeaders, name: string): readonly string[] {
  const lines = headerLines(message, name);
  const several = lines.some((value) => value === "" || value.includes(","));
  return several && isListHeader(knownName(name) ?? name) ? lines.flatMap(splitList) : lines;
}

/** A header line with its name in the one spelling. */
export const headerLine = (name: string, value: string): Header => [knownName(name) ?? name, value];

/** `headers` without the lines of that name. */
export function withoutHeader(headers: readonly Header[], name: string): readonly Header[] {
  const wanted = (knownName(name) ?? name).toLowerCase();
  return headers.filter(([lineName]) => lineName.toLowerCase() !== wanted);
}

/** `headers` with the first line of that name replaced, or with the line added at the end. */
export function withHeader(headers: readonly Header[], name: string, value: string): readonly Header[] {
  const line = headerLine(name, value);
  const at = headers.findIndex(([lineName]) => lineName === line[0]);
  return at < 0 ? [...headers, line] : headers.with(at, line);
}
