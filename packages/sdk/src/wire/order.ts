import { isSipUri } from "./numbers.ts";

/**
 * Which of the first two arguments of `call` and `forward` is whom to dial. What can only be a destination (a list, a
 * SIP address, the name of a phone) is the destination in either place, because a caller id is always one number; so
 * code written for the official SDKs keeps working. Two numbers are taken in the order that the method documents.
 */
export function inOrder(first: unknown, second: unknown, documented: "from, to" | "to, from"): { readonly from: unknown; readonly to: unknown } {
  const firstDials = canOnlyBeDialled(first);
  if (firstDials !== canOnlyBeDialled(second)) return firstDials ? { from: second, to: first } : { from: first, to: second };
  return documented === "from, to" ? { from: first, to: second } : { from: second, to: first };
}

function canOnlyBeDialled(value: unknown): boolean {
  return Array.isArray(value) || isSipUri(value) || (typeof value === "string" && /[a-z]/i.test(value));
}
