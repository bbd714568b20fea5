/**
 * `text` without what must not stand in a message: the given secrets, SIP addresses, and every number of three or
 * more digits however it is written. At most 200 characters are kept.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret !== "") clean = clean.replaceAll(secret, "[redacted]");
  }
  return clean
    .replaceAll(/sips?:\S+/gi, "[redacted]")
    .replaceAll(/[+(]*\d(?:[\s().-]{0,3}\d){2,}/g, "[redacted]")
    .slice(0, 200);
}
