import { type DestinationStream, type Logger, type LoggerOptions, pino } from "pino";
import { channels } from "../base/index.ts";

export interface LogOptions {
  /** `info` by default. */
  readonly level?: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  /** Standard output by default. */
  readonly destination?: DestinationStream;
  /** What no line may contain, wherever it comes from: the configured secrets. */
  readonly secrets?: readonly string[];
}

/** Personal data and credentials, wherever they stand in what is logged. */
const PERSONAL = ["from", "to", "number", "secret", "password", "authorization", "digits", "digit", "dtmf", "text", "extra_params", "username", "contact"];

/** The server's log, JSON lines without personal data. */
export function createLogger({ level = "info", destination = pino.destination(1), secrets = [] }: LogOptions = {}): Logger {
  const options: LoggerOptions = {
    level,
    base: null,
    serializers: { err: errorOf },
    redact: { paths: PERSONAL.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: CENSOR },
  };
  const mask = masked(secrets);
  return pino(options, { write: (line) => destination.write(mask(line)) });
}

/** What an error says of itself, and no more: its other properties may hold an address or what was parsed. */
function errorOf(failure: unknown): object {
  if (!(failure instanceof Error)) return { type: typeof failure };
  const { name, message, stack, cause } = failure;
  return { type: name, ...("code" in failure && { code: failure.code }), message, stack, ...(cause !== undefined && { cause: errorOf(cause) }) };
}

const CENSOR = "[redacted]";
/** Shorter ones would be found in words and numbers that are no secrets. */
const SHORTEST = 6;

/** Takes secrets out of a line, as they are, as they stand in JSON text, in a URL, or in HTTP Basic credentials. */
function masked(secrets: readonly string[]): (line: string) => string {
  const forms = secrets.filter(({ length }) => length >= SHORTEST).flatMap((secret) => {
    const json = JSON.stringify(secret).slice(1, -1);
    return [secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString("base64")];
  });
  if (forms.length === 0) return (line) => line;
  // The longest first: one may be the beginning of another.
  const ordered = [...new Set(forms)].toSorted((one, other) => other.length - one.length);
  const any = new RegExp(ordered.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)).join("|"), "g");
  return (line) => line.replaceAll(any, CENSOR);
}

/** Writes what the layers publish into the log until the returned function is called. */
export function logChannels(logger: Logger): () => void {
  const listeners = [
    [channels.failure, (message: unknown) => logger.error(failureOf(message), "background work failed")],
    [channels.sipGarbage, (message: unknown) => logger.debug(garbageOf(message), "no SIP message")],
    [channels.sipRefused, (message: unknown) => logger.debug({ ...Object(message) }, "SIP request not taken")],
    [channels.sipOverload, (message: unknown) => logger.warn({ ...Object(message) }, "overload")],
    [channels.certificate, (message: unknown) => logger.warn({ ...Object(message) }, "a certificate runs out")],
    [channels.certificateRenewed, (message: unknown) => logger.info({ ...Object(message) }, "certificates renewed")],
    [channels.mediaLate, (message: unknown) => logger.warn({ ...Object(message) }, "media late")],
    [channels.mediaHandshake, (message: unknown) => logger.warn({ ...Object(message) }, "no keys for a call")],
    [channels.sipRegistration, (message: unknown) => logger.info({ ...Object(message) }, "registration")],
    [channels.callRefused, (message: unknown) => logger.warn({ ...Object(message) }, "a call is not allowed")],
    [channels.deleted, (message: unknown) => logger.info({ ...Object(message) }, "deleted")],
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
