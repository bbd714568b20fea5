import { longestDelayMs } from "./base/clock.ts";
import { PiopiyValidationError } from "./errors.ts";

/** The India or the worldwide endpoint of the hosted service. A self-hosted server treats both alike. */
export type Region = "ind" | "global";

/** Receives what the client does: attempts, replies, waits. Never credentials, numbers or bodies. `console` fits. */
export interface Logger {
  debug(message: string, attributes: Readonly<Record<string, unknown>>): void;
  warn(message: string, attributes: Readonly<Record<string, unknown>>): void;
}

/** What this package uses of a response of `fetch`. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** What this package asks of `fetch`; the platform's own fits. */
export type Fetch = (
  url: string,
  init: {
    readonly method: "GET" | "POST";
    readonly headers: Record<string, string>;
    /** Absent with GET. */
    readonly body?: string;
    readonly signal: AbortSignal;
    readonly redirect: "manual";
  },
) => Promise<FetchResponse>;

/** How a client reaches the service. Everything is optional. */
export interface RestClientOptions {
  /**
   * Address of a self-hosted server, such as `http://127.0.0.1:3000`. Without it the environment variable
   * `PIOPIY_BASE_URL` counts, and without that the hosted service.
   */
  readonly baseUrl?: string | undefined;
  /** Instead of the platform's `fetch`, for proxies and tests. */
  readonly fetch?: Fetch | undefined;
  /** Milliseconds for one attempt, reply included. Default 10000. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds for all attempts and the waits between them. Default 30000. */
  readonly deadlineMs?: number | undefined;
  /** Attempts after the first, 0 to 10. Default 2. What is retried never dials twice; see the README. */
  readonly maxRetries?: number | undefined;
  /** The hosted endpoint for everything this client does. Without it, the destination decides (`91…` is India). */
  readonly region?: Region | undefined;
  /** Further headers of every request. `content-type` and `idempotency-key` are the client's own. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly logger?: Logger | undefined;
  /**
   * The server is known to honour `Idempotency-Key`: timeouts, broken connections and 5xx are retried as well.
   * Without it the client finds out from a self-hosted server's replies (`Piopiy-Idempotency: 1`).
   */
  readonly idempotent?: boolean | undefined;
}

/** The options with their defaults in place. */
export interface Config {
  /** Without a trailing slash; undefined for the hosted service. */
  readonly baseUrl: string | undefined;
  readonly fetch: Fetch;
  readonly timeoutMs: number;
  readonly deadlineMs: number;
  readonly maxRetries: number;
  readonly region: Region | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly logger: Logger | undefined;
  readonly idempotent: boolean;
}

const known: ReadonlySet<string> = new Set([
  "baseUrl", "fetch", "timeoutMs", "deadlineMs", "maxRetries", "region", "headers", "logger", "idempotent",
] satisfies (keyof RestClientOptions)[]);

/** Checks the options and fills in the defaults. Throws PiopiyValidationError. */
export function configure(options: RestClientOptions): Config {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new PiopiyValidationError("options", "options must be an object, such as { timeoutMs: 5000 }.");
  }
  for (const name of Object.keys(options)) {
    if (!known.has(name)) {
      throw new PiopiyValidationError(`options.${name}`, `options.${name} is not known. Known: ${[...known].join(", ")}.`);
    }
  }
  return {
    baseUrl: baseUrl(options.baseUrl ?? environment("PIOPIY_BASE_URL")),
    // Called as a property of the global object: Workers refuse a detached `fetch`.
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    timeoutMs: milliseconds("timeoutMs", options.timeoutMs ?? 10_000),
    deadlineMs: milliseconds("deadlineMs", options.deadlineMs ?? 30_000),
    maxRetries: retries(options.maxRetries ?? 2),
    region: options.region === undefined ? undefined : region("options.region", options.region),
    headers: headers(options.headers ?? {}),
    logger: options.logger,
    idempotent: options.idempotent ?? false,
  };
}

/** Throws unless `value` is a region. */
export function region(field: string, value: Region): Region {
  if (value === "ind" || value === "global") return value;
  throw new PiopiyValidationError(field, `${field} must be "ind" or "global".`);
}

/** A variable of the environment where there is one: not in browsers, and in Workers only with Node's globals. */
function environment(name: string): string | undefined {
  try {
    return globalThis.process?.env?.[name] || undefined;
  } catch {
    return undefined; // Deno without the permission to read its environment
  }
}

function baseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new PiopiyValidationError(
      "options.baseUrl",
      "options.baseUrl (or PIOPIY_BASE_URL) must be an http or https address without user, query or fragment, such as http://127.0.0.1:3000.",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function milliseconds(name: string, value: number): number {
  if (typeof value === "number" && value >= 1 && value <= longestDelayMs) return value;
  throw new PiopiyValidationError(`options.${name}`, `options.${name} must be milliseconds from 1 to ${longestDelayMs}.`);
}

function retries(value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 10) return value;
  throw new PiopiyValidationError("options.maxRetries", "options.maxRetries must be a whole number from 0 to 10.");
}

function headers(given: Readonly<Record<string, string>>): Record<string, string> {
  const lower: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    // RFC 9110 §5.1 (a name is a token) and §5.5 (visible characters, space and tab).
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || typeof value !== "string" || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new PiopiyValidationError("options.headers", "options.headers must be header names with text values.");
    }
    lower[name.toLowerCase()] = value;
  }
  return lower;
}
