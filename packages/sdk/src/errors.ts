import type { Issue } from "@piopiy/pcmo";

/** What an error knows beyond its sentence. */
export interface PiopiyErrorDetails {
  /** HTTP status of the reply; for a failure told in a 2xx body, the code in that body. */
  readonly status?: number | undefined;
  /** The server's id for the request, for asking its operator. */
  readonly requestId?: string | undefined;
  /** The reply's body: parsed JSON, or the text when it is none. It may hold personal data: mind where it is logged. */
  readonly body?: unknown;
  readonly cause?: unknown;
}

/** Every code that an error of this package carries. Match by `code` (or class), never by message. */
export type PiopiyErrorCode =
  | "validation"
  | "authentication"
  | "not_found"
  | "rate_limit"
  | "server"
  | "api"
  | "connection"
  | "timeout"
  | "aborted"
  | "signature";

/**
 * The base of every error that this package throws. `message` says what to do and never contains a credential or a
 * phone number; what the server said stands in `body`.
 */
export class PiopiyError extends Error {
  override readonly name: string = "PiopiyError";
  readonly code: PiopiyErrorCode = "api";
  /** HTTP status of the reply, when there was one. */
  readonly status: number | undefined;
  /** The server's id for the request, when it gave one. */
  readonly requestId: string | undefined;
  /** The reply's body, when there was one. */
  readonly body: unknown;

  constructor(message: string, details: PiopiyErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.requestId = details.requestId;
    this.body = details.body;
  }
}

/**
 * An argument is wrong (nothing was sent), or the server refused the request as invalid (HTTP 400, 422, or the
 * codes 501 and 502 of the hosted API). `field` names the argument, `issues` lists everything that is wrong.
 */
export class PiopiyValidationError extends PiopiyError {
  override readonly name = "PiopiyValidationError";
  override readonly code = "validation";
  /** The argument to correct, such as `to`, `options.timeout` or `pcmo.0.text`. */
  readonly field: string;
  /** Each with a JSON pointer into the argument (or, from a server, into the request body) and what would be right. */
  readonly issues: readonly Issue[];

  constructor(field: string, message: string, issues: readonly Issue[] = [], details: PiopiyErrorDetails = {}) {
    super(message, details);
    this.field = field;
    this.issues = issues;
  }
}

/** The app id or its token was refused (HTTP 401 or 403, or the code 420 of the hosted API). */
export class PiopiyAuthenticationError extends PiopiyError {
  override readonly name = "PiopiyAuthenticationError";
  override readonly code = "authentication";
}

/** The call (or the file it wants to play) does not exist, or has ended (404). */
export class PiopiyNotFoundError extends PiopiyError {
  override readonly name = "PiopiyNotFoundError";
  override readonly code = "not_found";
}

/** More requests than the server allows (429), after the retries. */
export class PiopiyRateLimitError extends PiopiyError {
  override readonly name = "PiopiyRateLimitError";
  override readonly code = "rate_limit";
  /** How long the server asks to wait, in milliseconds; undefined when it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs: number | undefined, details: PiopiyErrorDetails = {}) {
    super(message, details);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server failed (5xx), or its reply to a call creation cannot be understood. */
export class PiopiyServerError extends PiopiyError {
  override readonly name = "PiopiyServerError";
  override readonly code = "server";
}

/** The server refused with a status for which there is no class of its own. */
export class PiopiyApiError extends PiopiyError {
  override readonly name = "PiopiyApiError";
  override readonly code = "api";
}

/** The server could not be reached, or the connection broke. */
export class PiopiyConnectionError extends PiopiyError {
  override readonly name = "PiopiyConnectionError";
  override readonly code = "connection";
}

/** No reply within `timeoutMs` (one attempt) or `deadlineMs` (all attempts). */
export class PiopiyTimeoutError extends PiopiyError {
  override readonly name = "PiopiyTimeoutError";
  override readonly code = "timeout";
}

/** The caller's `signal` aborted; its reason is the `cause`. */
export class PiopiyAbortedError extends PiopiyError {
  override readonly name = "PiopiyAbortedError";
  override readonly code = "aborted";
}

/** Why the signature of a webhook is not taken. */
export type SignatureProblem = "missing" | "malformed" | "mismatch" | "stale";

/** A request that calls itself a webhook is not proved to come from your server: answer it with 401 and do nothing else. */
export class PiopiySignatureError extends PiopiyError {
  override readonly name = "PiopiySignatureError";
  override readonly code = "signature";
  readonly reason: SignatureProblem;

  constructor(reason: SignatureProblem, message: string) {
    super(message);
    this.reason = reason;
  }
}
