import type { UserAgent } from "../sip/index.ts";
import type { PhoneOptions } from "./phone.ts";

export function signOn(_userAgent: UserAgent, _options: PhoneOptions): { readonly registered: Promise<void>; close(): Promise<void> } {
  return { registered: Promise.resolve(), close: async () => undefined };
}
