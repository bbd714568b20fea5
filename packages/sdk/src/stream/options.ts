import type { Server } from "node:http";
import { longestDelayMs } from "../base/clock.ts";
import { PiopiyValidationError } from "../errors.ts";
import { checkOptions } from "../wire/action-options.ts";
import type { StreamSession } from "./session.ts";
import type { SampleRate } from "./source.ts";

/** How a stream server listens, and what it does with calls. Either `port` or `server`. */
export interface StreamServerOptions {
  /**
   * Called for each call that is streamed here, before any audio of it. The stream goes on when it returns. When it
   * throws (or rejects), the stream is closed with 1011 and `onError` is told.
   */
  readonly onCall: (session: StreamSession) => void | Promise<void>;
  /** The port to listen on; 0 takes a free one. */
  readonly port?: number | undefined;
  /** Of the machine's addresses, the one to listen on. Default: all. */
  readonly host?: string | undefined;
  /** A server of yours whose upgrades are taken, such as one with TLS. It is yours to close. */
  readonly server?: Server | undefined;
  /** Only streams to this path, or below it, such as "/bot". Default: any. */
  readonly path?: string | undefined;
  /** The app's `webhook_secrets`: whoever does not sign with one of them is refused with 401. */
  readonly secrets?: string | readonly string[] | undefined;
  /** How old (or how far ahead) a signature may be, in seconds. Default 300. */
  readonly toleranceSeconds?: number | undefined;
  /** How long a lost connection is waited for, in milliseconds. Default 30000. */
  readonly resumeMs?: number | undefined;
  /** Samples per second of streams in the compatible form, which does not say it. Default: by the first frame. */
  readonly sampleRate?: SampleRate | undefined;
  /** Told what `onCall` or a listener has thrown, and that the server cannot listen. Default: `console.error`. */
  readonly onError?: ((error: unknown, session: StreamSession | undefined) => void) | undefined;
}

/** The options with their defaults in place. */
export interface StreamServerConfig {
  readonly onCall: (session: StreamSession) => void | Promise<void>;
  readonly onError: (error: unknown, session: StreamSession | undefined) => void;
  readonly resumeMs: number;
  readonly toleranceSeconds: number;
  readonly port: number;
  readonly host: string | undefined;
  readonly server: Server | undefined;
  readonly path: string | undefined;
  readonly secrets: readonly string[] | undefined;
  readonly sampleRate: SampleRate | undefined;
}

const known = [
  "onCall", "port", "host", "server", "path", "secrets", "toleranceSeconds", "resumeMs", "sampleRate", "onError",
] as const satisfies (keyof StreamServerOptions)[];

/** Checks the options and fills in the defaults. Throws PiopiyValidationError. */
export function configure(options: StreamServerOptions): StreamServerConfig {
  checkOptions(options, known);
  const { onCall, onError = reportError, port, host, server, path, sampleRate, toleranceSeconds = 300, resumeMs = 30_000 } = options;
  must(typeof onCall === "function", "onCall", "a function that takes a session");
  must(typeof onError === "function", "onError", "a function that takes an error");
  must((port === undefined) !== (server === undefined), "port", "given, or server instead, but not both");
  must(port === undefined || (Number.isInteger(port) && port >= 0 && port <= 65_535), "port", "a whole number from 0 to 65535");
  must(host === undefined || (typeof host === "string" && host !== ""), "host", "an address of this machine, such as \"127.0.0.1\"");
  must(path === undefined || (typeof path === "string" && /^\/[^?#]*$/.test(path)), "path", "a path that begins with / and has no query");
  must(sampleRate === undefined || sampleRate === 8000 || sampleRate === 16_000, "sampleRate", "the number 8000 or 16000");
  must(Number.isFinite(toleranceSeconds) && toleranceSeconds >= 0, "toleranceSeconds", "seconds from 0");
  must(Number.isFinite(resumeMs) && resumeMs >= 0 && resumeMs <= longestDelayMs, "resumeMs", `milliseconds from 0 to ${longestDelayMs}`);
  return { onCall, onError, port: port ?? 0, host, server, path, sampleRate, toleranceSeconds, resumeMs, secrets: secretsOf(options.secrets) };
}

function secretsOf(secrets: unknown): readonly string[] | undefined {
  if (secrets === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  const texts = list.filter((secret) => typeof secret === "string" && secret !== "").map(String);
  must(texts.length > 0 && texts.length === list.length, "secrets", "a secret, or a list of at least one secret");
  return texts;
}

function must(right: boolean, name: string, expects: string): void {
  if (!right) throw new PiopiyValidationError(`options.${name}`, `options.${name} must be ${expects}.`);
}

function reportError(error: unknown): void {
  console.error("A stream failed:", error);
}
