import { header, type WithHeaders } from "./message.ts";

/** How long a response asks us to stay away (RFC 3261 §20.33), at least a second; `undefined` when it does not. */
export function retryAfterMs(response: WithHeaders): number | undefined {
  const seconds = /^\s*(\d{1,6})/.exec(header(response, "Retry-After") ?? "")?.[1];
  return seconds === undefined ? undefined : Math.max(1, Number(seconds)) * 1000;
}
