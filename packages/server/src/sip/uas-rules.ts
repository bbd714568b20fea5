import { ALLOW } from "./core.ts";
import { type Header, headerValues, type SipRequest } from "./message/message.ts";
import { METHODS } from "./message/status.ts";
import { uriScheme } from "./message/uri.ts";

/** Why a request is refused before anybody looks at what it wants. */
export interface Refusal {
  readonly status: number;
  readonly headers?: readonly Header[];
}

/** RFC 3261 §8.2, in its order: the method, the Request-URI, the required extensions. */
export function refusalOf(request: SipRequest): Refusal | undefined {
  if (!METHODS.has(request.method)) return { status: 501, headers: [ALLOW] };
  const scheme = uriScheme(request.uri);
  // §8.2.2.1: "If the Request-URI uses a scheme not supported by the UAS, it SHOULD reject the request with a 416".
  if (scheme !== "sip" && scheme !== "sips" && scheme !== "tel") return { status: 416 };
  // §8.2.2.3: "a UAS … MUST generate a response by using status code 420", with those it does not know. An ACK or CANCEL
  // is never refused for one.
  const required = headerValues(request, "Require").filter((option) => !KNOWN.has(option.toLowerCase()));
  if (required.length > 0 && request.method !== "CANCEL" && request.method !== "ACK") {
    return { status: 420, headers: [["Unsupported", required.join(", ")]] };
  }
  return undefined;
}

/** Option tags we understand. */
const KNOWN: ReadonlySet<string> = new Set(["100rel", "timer", "replaces", "norefersub"]);

/** Methods that mean nothing outside a dialog: whoever sends one has lost its dialog. */
export const INSIDE_ONLY: ReadonlySet<string> = new Set(["BYE", "UPDATE", "PRACK", "INFO"]);
