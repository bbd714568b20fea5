/** One `;name=value`; the name in lower case, the value as it was written (quotes kept), `undefined` without `=`. */
export type Param = readonly [name: string, value: string | undefined];
export type Params = readonly Param[];

// RFC 3261 §25.1: token, and gen-value = token / host / quoted-string (an IPv6 host may come without brackets).
const PARAM = /[ \t]*;[ \t]*([\w\-.!%*+`'~]+)(?:[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[\w\-.!%*+`'~[\]:/@&$]+))?[ \t]*/y;
const none: Params = [];

/** The parameters from `at` to the end of `text`; `undefined` when anything else stands there. */
export function parseParams(text: string, at = 0): Params | undefined {
  if (at >= text.length) return none;
  const params: Param[] = [];
  while (at < text.length) {
    PARAM.lastIndex = at;
    const found = PARAM.exec(text);
    if (!found) return text.slice(at).trim() === "" ? params : undefined;
    params.push([(found[1] ?? "").toLowerCase(), found[2]]);
    at = PARAM.lastIndex;
  }
  return params;
}

/** The value of a parameter (`""` when it has none); `undefined` when it is not there. */
export function param(params: Params, name: string): string | undefined {
  for (const [found, value] of params) if (found === name) return value ?? "";
  return undefined;
}

/** `;name=value` for each parameter, as it goes on the wire. */
export const formatParams = (params: Params): string =>
  params.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join("");

/** `params` with that parameter set, in its place if it was there. */
export function withParam(params: Params, name: string, value: string | undefined): Params {
  const at = params.findIndex(([found]) => found === name);
  return at < 0 ? [...params, [name, value]] : params.with(at, [name, value]);
}

/** The text of a quoted-string; anything else as it is. */
export function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replace(/\\([\s\S])/g, "$1");
}

/** A quoted-string (RFC 3261 §25.1). */
export const quote = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** The items of a comma-separated list; commas in quotes and in `<>` do not separate. Empty items are left out. */
export function splitList(value: string): readonly string[] {
  if (!value.includes(",")) return value === "" ? [] : [value];
  const items: string[] = [];
  let from = 0;
  let quoted = false;
  let inBrackets = false;
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at++; // a quoted-pair: what follows the backslash is no delimiter
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x3c) inBrackets = true;
    else if (char === 0x3e) inBrackets = false;
    else if (char === 0x2c && !inBrackets) {
      items.push(value.slice(from, at).trim());
      from = at + 1;
    }
  }
  items.push(value.slice(from).trim());
  return items.filter((item) => item !== "");
}
