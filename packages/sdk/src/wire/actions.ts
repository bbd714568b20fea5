import { ActionSchema, check, type ActionInput } from "@piopiy/pcmo";
import { PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";
import {
  checkOptions, dialKeys, given, hangupKeys, inputKeys, playGetInputKeys, recordKeys, speakKeys, streamKeys,
  type DialOptions, type HangupOptions, type InputOptions, type PlayGetInputOptions, type RecordOptions,
  type SpeakOptions, type StreamOptions,
} from "./action-options.ts";
import { destinations, isSipUri, phoneNumber } from "./parties.ts";

// One function per action: arguments in, the action as it stands on the wire out. Keys, their order and the defaults
// are those of the official Python SDK 1.0.7.2; what a value may be is said by the language's schema.

export function play(file: string): ActionInput {
  return checked({ action: "play", ...(isUrl(file) ? { file_url: file } : { file_name: file }) });
}

export function playGetInput(actionUrl: string, file: string, options?: PlayGetInputOptions): ActionInput {
  // A URL stands under both keys, for servers that know only one of them.
  const base = { action: "play_get_input", action_url: actionUrl, file_name: file, ...(isUrl(file) ? { file_url: file } : {}) } as const;
  if (options === undefined) return checked(base);
  checkOptions(options, playGetInputKeys);
  return checked({
    ...base,
    max_digit: options.max_digit ?? options.max_digits ?? 1,
    max_retry: options.max_retry ?? 3,
    timeout: options.timeout ?? 5,
    ...collecting(options),
  });
}

export function input(actionUrl: string, options?: InputOptions): ActionInput {
  const base = { action: "input", action_url: actionUrl } as const;
  if (options === undefined) return checked(base);
  checkOptions(options, inputKeys);
  return checked({
    ...base,
    max_digit: options.max_digit ?? options.max_digits ?? 1,
    timeout: options.timeout ?? 5,
    ...collecting(options),
  });
}

function collecting(options: InputOptions) {
  return given({
    min_digit: options.min_digit ?? options.min_digits,
    finish_on_key: options.finish_on_key,
    on_no_input: options.on_no_input,
  });
}

export function speak(text: string, options: SpeakOptions = {}): ActionInput {
  checkOptions(options, speakKeys);
  return checked({ action: "speak", text, ...given({ language: options.language, voice: options.voice }) });
}

export function param(text: string): ActionInput {
  return checked({ action: "param", text });
}

export function record(options: RecordOptions = {}): ActionInput {
  checkOptions(options, recordKeys);
  const { channels, format, beep, max_length, silence_timeout, finish_on_key } = options;
  return checked({ action: "record", ...given({ channels, format, beep, max_length, silence_timeout, finish_on_key }) });
}

export function hangup(options: HangupOptions = {}): ActionInput {
  checkOptions(options, hangupKeys);
  return checked({ action: "hangup", ...given({ cause: options.cause }) });
}

export function stream(url: string, options?: StreamOptions): ActionInput {
  if (options === undefined) return checked({ action: "stream", ws_url: url });
  checkOptions(options, streamKeys);
  const quality = options.voice_quality ?? "8000";
  if (!["8000", "12000", "16000"].includes(String(quality))) {
    throw new PiopiyValidationError("voice_quality", "voice_quality must be 8000 or 16000.");
  }
  return checked({
    action: "stream",
    ws_url: url,
    listen_mode: options.listen_mode ?? "caller",
    voice_quality: quality,
    stream_on_answer: options.stream_on_answer ?? false,
    ...beyondCompatible(options),
  });
}

// What no official SDK knows stands on the wire only when it was asked for.
function beyondCompatible(options: StreamOptions) {
  const { protocol, dialect, sign_url, standby_url, reconnect, hold_sound, on_stream_fail: onFail } = options;
  const flow = isRecord(onFail) && "PCMO" in onFail && typeof onFail.PCMO === "function" ? onFail.PCMO() : onFail;
  return given({
    protocol, dialect,
    parameters: copied(options.parameters, "parameters"),
    headers: copied(options.headers, "headers"),
    sign_url, standby_url, reconnect, hold_sound,
    on_stream_fail: copied(flow, "on_stream_fail"),
  });
}

/** What the caller may go on changing; it must be data. */
function copied<T>(value: T, field: string): T {
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new PiopiyValidationError(field, `${field} must be JSON, without functions.`, [], { cause });
  }
}

/** A `bridge`: `from` is the caller id, `to` a destination or a list of them. */
export function bridge(from: unknown, to: unknown, options: DialOptions = {}, field = "to"): ActionInput {
  checkOptions(options, dialKeys);
  return checked({
    action: "bridge",
    from: phoneNumber(from, "from"),
    connect: destinations(to, field),
    ...dialling(options),
    ...given({ record: options.record }),
  });
}

/** A `connect`: like a bridge, to phones that are registered with the server. Without options there are no defaults. */
export function connect(from: unknown, to: unknown, options?: DialOptions): ActionInput {
  const base = {
    action: "connect",
    from: phoneNumber(from, "from"),
    connect: (Array.isArray(to) ? to : [to]).map((user: unknown) => phone(user)),
  } as const;
  if (options === undefined) return checked(base);
  checkOptions(options, dialKeys);
  const { ring_type: ringType, ...rest } = dialling(options);
  return checked({ ...base, ...rest, record: options.record ?? false, ...given({ ring_type: ringType }) });
}

function dialling(options: DialOptions) {
  return {
    duration: options.duration ?? 5400,
    timeout: options.timeout ?? 40,
    loop: options.loop ?? 1,
    // "single" is what a server does without the key, and the official SDKs leave it out.
    ...given({ ring_type: options.ring_type === "single" ? undefined : options.ring_type }),
  };
}

function phone(user: unknown): { readonly type: "sip"; readonly user: string } | { readonly type: "sip"; readonly uri: string } {
  if (isSipUri(user)) return { type: "sip", uri: user };
  if (typeof user === "string" || typeof user === "number") return { type: "sip", user: String(user) };
  throw new PiopiyValidationError("to", "to must be the user name of a registered phone, a SIP address, or a list of them.");
}

function isUrl(file: unknown): boolean {
  return typeof file === "string" && /^[a-z][a-z0-9+.-]*:\/\//i.test(file);
}

/** `action`, or a PiopiyValidationError that names the first field that is wrong. */
function checked(action: ActionInput): ActionInput {
  const result = check(ActionSchema, action);
  if (result.ok) return action;
  const [first] = result.issues;
  const field = first?.path.slice(1).replaceAll("/", ".") || action.action;
  throw new PiopiyValidationError(field, `${field} ${first?.message ?? "is wrong"}.`, result.issues);
}
