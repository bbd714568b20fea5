import { text } from "../base/index.ts";

const KEYS = "0123456789*#ABCD";

/**
 * The key in the body of an INFO: `application/dtmf-relay` has lines (`Signal=5`, `Duration=160`), `application/dtmf`
 * the key alone. Both are conventions of vendors, older than RFC 6086, and still a setting of most phones.
 * `null`: it is a body of one of these types without a key; `undefined`: another type.
 */
export function digitOfInfo(contentType: string | undefined, body: Uint8Array): string | null | undefined {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/dtmf") return key(text(body));
  if (type === "application/dtmf-relay") return key(/^\s*signal\s*=\s*(.*)$/im.exec(text(body))?.[1] ?? "");
  return undefined;
}

function key(written: string): string | null {
  const name = written.trim().toUpperCase();
  // Events 10 and 11 of RFC 4733 §3.2: some gateways write the number in place of the sign.
  if (name === "10") return "*";
  if (name === "11") return "#";
  return name.length === 1 && KEYS.includes(name) ? name : null;
}
