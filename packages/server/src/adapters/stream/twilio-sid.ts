import { createHash } from "node:crypto";

/** What a SID is of: an account (our app), a call, or a stream. */
export type SidPrefix = "AC" | "CA" | "MZ";

const HEX_DIGITS = 32;

/**
 * The SID of one of our ids: the prefix and 32 hexadecimal digits, always the same ones, so that a log of the bot leads
 * back to the call. A UUID keeps its digits, a number is filled up with zeros on the left; of any other id it is the
 * beginning of its SHA-256.
 */
export function sidOf(prefix: SidPrefix, id: string): string {
  return prefix + hexOf(id);
}

function hexOf(id: string): string {
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id.replaceAll("-", "").toLowerCase();
  if (/^[0-9]{1,31}$/.test(id)) return id.padStart(HEX_DIGITS, "0");
  return createHash("sha256").update(id).digest("hex").slice(0, HEX_DIGITS);
}
