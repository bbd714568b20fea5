import type { Issue } from "@piopiy/pcmo";
import { PiopiyError } from "../base/index.ts";

/** A request whose fields are wrong, each with the place and what would be right. */
export class InvalidRequest extends PiopiyError {
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super("invalid_request", sentence(issues));
    this.name = "InvalidRequest";
    this.issues = issues;
  }
}

/** Too many requests of an address or an app, or too many wrong credentials. */
export class TooManyRequests extends PiopiyError {
  readonly retryAfterS: number;

  constructor(retryAfterS: number) {
    super("rate_limited");
    this.name = "TooManyRequests";
    this.retryAfterS = retryAfterS;
  }
}

/** Wrong credentials: `v2` answers with the code of the hosted API in the body. */
export class BadCredentials extends PiopiyError {
  readonly scheme: "v2" | "basic";

  constructor(scheme: "v2" | "basic") {
    super("bad_credentials");
    this.name = "BadCredentials";
    this.scheme = scheme;
  }
}

// The first mistake stands in the message too: many clients show nothing else.
function sentence([first, ...others]: readonly Issue[]): string {
  if (!first) return "A field is missing or wrong.";
  const more = others.length === 0 ? "" : ` (and ${others.length} more, see errors)`;
  return `${first.path === "" ? "The body" : first.path} ${first.message}${more}.`;
}
