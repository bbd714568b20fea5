import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { channels } from "../base/index.ts";

export interface LogOptions {
  /** `info` by default. */
  readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** Standard output by default. */
  readonly destination?: DestinationStream;
}

/** Personal data and credentials, wherever they stand in what is logged. */
const PERSONAL = ["from", "to", "number", "secret", "password", "authorization", "digits", "digit", "dtmf", "text", "extra_params", "username", "contact"];

/** The server's log, JSON lines without personal data. */
export function createLogger({ level = "info", destination }: LogOptions = {}): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    redact: { paths: PERSONAL.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: "[redacted]" },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** Writes what the layers publish into the log until the returned function is called. */
export function logChannels(logger: Logger): () => void {
  const listeners = [
    [channels.failure, (message: unknown) => logger.error(failureOf(message), "background work failed")],
    [channels.sipGarbage, (message: unknown) => logger.debug(garbageOf(message), "no SIP message")],
    [channels.sipRefused, (message: unknown) => logger.debug({ ...Object(message) }, "SIP request not taken")],
    [channels.sipOverload, (message: unknown) => logger.warn({ ...Object(message) }, "overload")],
    [channels.sipCertificate, (message: unknown) => logger.warn({ ...Object(message) }, "the certificate of SIP over TLS runs out")],
    [channels.mediaLate, (message: unknown) => logger.warn({ ...Object(message) }, "media late")],
    [channels.sipRegistration, (message: unknown) => logger.info({ ...Object(message) }, "registration")],
    [channels.callRefused, (message: unknown) => logger.warn({ ...Object(message) }, "a call is not allowed")],
    [channels.timeline, (message: unknown) => logger.debug({ ...Object(message) }, "timeline")],
  ] as const;
  for (const [channel, listener] of listeners) channel.subscribe(listener);
  return () => {
    for (const [channel, listener] of listeners) channel.unsubscribe(listener);
  };
}

function failureOf(message: unknown): object {
  const { layer, failure } = record(message);
  return { layer, err: failure };
}

/** What arrived may be anything: of its bytes only the number is told. */
function garbageOf(message: unknown): object {
  const { remote, reason, bytes } = record(message);
  return { remote, reason, bytes: bytes instanceof Uint8Array ? bytes.length : bytes };
}

function record(message: unknown): Readonly<Record<string, unknown>> {
  return typeof message === "object" && message !== null ? { ...message } : {};
}
