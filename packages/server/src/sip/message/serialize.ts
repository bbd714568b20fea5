import type { SipMessage } from "./message.ts";

/** The bytes of a message. Content-Length is written here, whatever the headers say. */
export function serializeMessage(message: SipMessage): Uint8Array {
  let head = message.type === "request"
    ? `${message.method} ${message.uri} SIP/2.0\r\n`
    : `SIP/2.0 ${message.status} ${oneLine(message.reason)}\r\n`;
  for (const [name, value] of message.headers) {
    if (name !== "Content-Length") head += `${name}: ${oneLine(value)}\r\n`;
  }
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head);
  const headBytes = Buffer.byteLength(head);
  const whole = Buffer.allocUnsafe(headBytes + message.body.length);
  whole.write(head, 0);
  whole.set(message.body, headBytes);
  return whole;
}

/** A line break in a value would begin another header: what is sent is one line, always. */
const oneLine = (value: string): string =>
  value.includes("\n") || value.includes("\r") ? value.replace(/[\r\n]+/g, " ") : value;
