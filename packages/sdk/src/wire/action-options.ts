import { nearest, type ActionInput } from "@piopiy/pcmo";
import { PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";
import { type Dialable, type PhoneNumber } from "./parties.ts";

/** How digits are collected. */
export interface InputOptions {
  /** At most this many digits, 1 to 128. Default 1. */
  readonly max_digit?: number | undefined;
  /** The same as `max_digit`, which wins when both are given. */
  readonly max_digits?: number | undefined;
  /** At least this many digits, 1 to 128; for a self-hosted server. */
  readonly min_digit?: number | undefined;
  /** The same as `min_digit`, which wins when both are given. */
  readonly min_digits?: number | undefined;
  /** Seconds to wait for a digit, 1 to 600. Default 5. */
  readonly timeout?: number | undefined;
  /** The key that ends the input, or "" for none; for a self-hosted server. */
  readonly finish_on_key?: string | undefined;
  /** When nothing was pressed: go on with the next action, or POST empty digits; for a self-hosted server. */
  readonly on_no_input?: "continue" | "post" | undefined;
}

/** How digits are collected while a file plays. */
export interface PlayGetInputOptions extends InputOptions {
  /** How often the file is played again when no digit comes, 0 to 20. Default 3. */
  readonly max_retry?: number | undefined;
}

/** How a second party is dialled. */
export interface DialOptions {
  /** Longest connected time in seconds, 1 to 86400. Default 5400. */
  readonly duration?: number | undefined;
  /** Seconds each destination may ring, 1 to 600. Default 40. */
  readonly timeout?: number | undefined;
  /** Rounds over the destinations, 1 to 10. Default 1: each is tried once. */
  readonly loop?: number | undefined;
  /** One destination after the other ("single", the default), or all at once ("group"). */
  readonly ring_type?: "single" | "group" | undefined;
  /** Whether the connected call is recorded; for a self-hosted server. */
  readonly record?: boolean | undefined;
}

/** A `bridge` with named arguments. */
export interface BridgeOptions extends DialOptions {
  /** The caller id that the other party sees. */
  readonly from: PhoneNumber;
  /** Whom to connect: a number or SIP address, or a list of 1 to 50. */
  readonly to: Dialable | readonly Dialable[];
}

/** What is streamed. */
export interface StreamOptions {
  /** Who is heard on the stream. Default "caller". */
  readonly listen_mode?: "caller" | "callee" | "both" | undefined;
  /** Samples per second. Default "8000". (12000 stands in an example of the vendor; servers treat it as 8000.) */
  readonly voice_quality?: 8000 | 12000 | 16000 | "8000" | "12000" | "16000" | undefined;
  /** Whether the stream begins only when the call is answered. Default false. */
  readonly stream_on_answer?: boolean | undefined;
  /**
   * What is spoken, on a self-hosted server: the "compatible" form (the default), "v1" (the exact protocol `piopiy.v1`),
   * or "auto" (`piopiy.v1` if the bot takes it as its sub-protocol, else the compatible form).
   */
  readonly protocol?: "compatible" | "v1" | "auto" | undefined;
  /** For a bot that was written for another service; not together with `protocol`, for a self-hosted server. */
  readonly dialect?: "twilio" | undefined;
  /** Handed to the bot when the stream starts: at most 32 texts, with names of at most 64 and values of at most 1024 characters. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** More headers for the request that opens the connection, at most 32; those of the connection itself are refused. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether the signature stands in the query of the address too, as `piopiy_signature`. Default false. */
  readonly sign_url?: boolean | undefined;
  /** Another address of the bot (`ws://` or `wss://`), tried when the first cannot be connected to or does not come back. */
  readonly standby_url?: string | undefined;
  /** Seconds for which a lost connection is tried again, 0 to 300. Default 30 with `piopiy.v1`, else 0. */
  readonly reconnect?: number | undefined;
  /** Whether the hold music is heard while the bot is away for more than a second. Default true if `reconnect` is above 0. */
  readonly hold_sound?: boolean | undefined;
  /**
   * The flow that the call goes on with when the stream could not be opened or is lost for good: an `Action`, or the list
   * that its `PCMO()` returns. It may hold streams with such flows of their own, three deep.
   */
  readonly on_stream_fail?: readonly ActionInput[] | FlowSource | undefined;
}

/** What builds a flow: an `Action`. */
export interface FlowSource {
  PCMO(): readonly ActionInput[];
}

/** How a text is spoken; for a self-hosted server. */
export interface SpeakOptions {
  /** A language tag such as "en", "hi" or "ta-IN": English is always there, others where the server can speak them. */
  readonly language?: string | undefined;
  /** The name of a voice of the server. */
  readonly voice?: string | undefined;
}

/** How a call is recorded; for a self-hosted server. */
export interface RecordOptions {
  /** Everyone on one channel ("mono", the default), or each party on its own. */
  readonly channels?: "mono" | "stereo" | undefined;
  /** Default "wav". */
  readonly format?: "wav" | "mp3" | undefined;
  /** A short tone before the recording begins. Default false. */
  readonly beep?: boolean | undefined;
  /** Seconds after which the recording ends and the flow goes on, 1 to 86400. */
  readonly max_length?: number | undefined;
  /** Seconds of silence after which the recording ends and the flow goes on, 1 to 600. */
  readonly silence_timeout?: number | undefined;
  /** The key that ends the recording, whereupon the flow goes on. */
  readonly finish_on_key?: string | undefined;
}

/** Why a call is ended; for a self-hosted server. */
export interface HangupOptions {
  /**
   * What the caller of an unanswered call is told: "busy", "rejected" (the default), "forbidden", "no_answer",
   * "unreachable", "congestion", or a SIP status such as "486".
   */
  readonly cause?: string | undefined;
}

/** The names of the options: whatever else is written is refused. */
export const inputKeys = [
  "max_digit", "max_digits", "min_digit", "min_digits", "timeout", "finish_on_key", "on_no_input",
] as const satisfies (keyof InputOptions)[];
export const playGetInputKeys = ["max_retry", ...inputKeys] as const satisfies (keyof PlayGetInputOptions)[];
export const dialKeys = ["duration", "timeout", "loop", "ring_type", "record"] as const satisfies (keyof DialOptions)[];
export const bridgeKeys = ["from", "to", ...dialKeys] as const satisfies (keyof BridgeOptions)[];
export const streamKeys = [
  "listen_mode", "voice_quality", "stream_on_answer", "protocol", "dialect", "parameters", "headers", "sign_url", "standby_url",
  "reconnect", "hold_sound", "on_stream_fail",
] as const satisfies (keyof StreamOptions)[];
export const speakKeys = ["language", "voice"] as const satisfies (keyof SpeakOptions)[];
export const recordKeys = [
  "channels", "format", "beep", "max_length", "silence_timeout", "finish_on_key",
] as const satisfies (keyof RecordOptions)[];
export const hangupKeys = ["cause"] as const satisfies (keyof HangupOptions)[];

/**
 * Throws unless `options` is an object with no other keys than `known`: nothing a caller wrote is dropped silently.
 * `field` names the argument in the error.
 */
export function checkOptions(options: unknown, known: readonly string[], field = "options"): void {
  if (!isRecord(options)) {
    throw new PiopiyValidationError(field, `${field} must be an object${known[0] === undefined ? "" : ` such as { ${known[0]}: … }`}.`);
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    const hint = near === undefined ? `Known: ${known.join(", ")}.` : `Did you mean ${near}?`;
    throw new PiopiyValidationError(`${field}.${key}`, `${field}.${key} is not known here. ${hint}`);
  }
}

type Given<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** The entries that have a value. */
export function given<T extends object>(entries: T): Given<T> {
  const result: Given<T> = {};
  for (const key in entries) {
    const value = entries[key];
    if (value !== undefined && value !== null) result[key] = value;
  }
  return result;
}
