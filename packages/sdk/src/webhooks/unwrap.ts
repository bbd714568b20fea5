import {
  AnswerRequestSchema, CdrSchema, check, DtmfCallbackSchema, LiveEventSchema, RecordingEventSchema,
  type AnswerRequest, type Cdr, type Checked, type DtmfCallback, type LiveEvent, type RecordingEvent,
} from "@piopiy/pcmo";
import { systemClock } from "../base/clock.ts";
import { PiopiySignatureError, PiopiyValidationError } from "../errors.ts";
import { isRecord } from "../http/reply.ts";
import { isSignedBy, readSignature, signatureOf, utf8 } from "./signature.ts";

/** What a server has posted, told apart by `type`. */
export type Webhook =
  /** Something happened on a leg. */
  | { readonly type: "event"; readonly data: LiveEvent }
  /** A leg has ended: its record. */
  | { readonly type: "cdr"; readonly data: Cdr }
  /** A recording has ended. */
  | { readonly type: "recording"; readonly data: RecordingEvent }
  /** Digits; a PCMO as the reply replaces what is left of the flow. */
  | { readonly type: "dtmf"; readonly data: DtmfCallback }
  /** A call asks what to do; the reply is a PCMO. */
  | { readonly type: "answer"; readonly data: AnswerRequest };

/** The headers of a request: of `fetch` and Workers, or of Node. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface UnwrapOptions {
  /** How old (or how far ahead) a signature may be, in seconds. Default 300. */
  readonly toleranceSeconds?: number | undefined;
}

export interface SignOptions {
  /** When it was signed, in seconds since 1970. Default now. */
  readonly seconds?: number | undefined;
}

const SIGNATURE = "piopiy-signature";
const TOLERANCE_SECONDS = 300;

/** What a receiver of webhooks needs: they are signed with the app's `webhook_secrets`. */
export const webhooks = {
  /**
   * Checks that a request comes from your server, and reads it: `{ type, data }`, where `type` is `event`, `cdr`,
   * `recording`, `dtmf` or `answer`.
   *
   * `rawBody` is the body as it was received, before anything has parsed it; `secrets` are the app's `webhook_secrets`:
   * one, or two while one is being replaced. Rejects with a PiopiySignatureError (`reason`: `missing`, `malformed`,
   * `mismatch`, `stale`) or, when it is signed and nevertheless no webhook, with a PiopiyValidationError.
   */
  async unwrap(rawBody: string | Uint8Array, headers: WebhookHeaders, secrets: string | readonly string[], options: UnwrapOptions = {}): Promise<Webhook> {
    const raw = utf8(rawBody);
    const { toleranceSeconds = TOLERANCE_SECONDS } = options;
    await prove(raw, headerOf(headers, SIGNATURE), listOf(secrets), toleranceSeconds);
    return read(typeof rawBody === "string" ? rawBody : new TextDecoder().decode(raw));
  },

  /** The value of the header `Piopiy-Signature` for a body: for tests of your own receiver. */
  async sign(rawBody: string | Uint8Array, secrets: string | readonly string[], options: SignOptions = {}): Promise<string> {
    const { seconds = Math.floor(systemClock.now() / 1000) } = options;
    return await signatureOf(utf8(rawBody), listOf(secrets), seconds);
  },
};

async function prove(raw: Uint8Array, header: string | undefined, secrets: readonly string[], toleranceSeconds: number): Promise<void> {
  if (header === undefined) {
    throw new PiopiySignatureError("missing", "The request has no Piopiy-Signature; it does not come from your server, or the app has no webhook_secrets.");
  }
  const signature = readSignature(header);
  if (!signature) throw new PiopiySignatureError("malformed", "The Piopiy-Signature cannot be read.");
  if (!(await isSignedBy(signature, raw, secrets))) {
    throw new PiopiySignatureError("mismatch", "The signature is not of this body and these secrets. Hand over the body as it was received, and the app's webhook_secrets.");
  }
  if (Math.abs(systemClock.now() / 1000 - signature.seconds) > toleranceSeconds) {
    throw new PiopiySignatureError("stale", `The signature is not of the last ${toleranceSeconds} seconds: somebody may be repeating an old request.`);
  }
}

function listOf(secrets: string | readonly string[]): readonly string[] {
  const list = typeof secrets === "string" ? [secrets] : secrets;
  if (list.length > 0 && list.every((secret) => typeof secret === "string" && secret !== "")) return list;
  throw new PiopiyValidationError("secrets", "secrets must be a secret, or a list of at least one secret.");
}

function headerOf(headers: WebhookHeaders, name: string): string | undefined {
  if (isFetchHeaders(headers)) return headers.get(name) ?? undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : found?.join(",");
}

const isFetchHeaders = (headers: WebhookHeaders): headers is { get(name: string): string | null } => typeof headers["get"] === "function";

function read(text: string): Webhook {
  const body = parsed(text);
  const { type } = body;
  if (type === "event") return { type, data: valid(check(LiveEventSchema, body)) };
  if (type === "cdr") return { type, data: valid(check(CdrSchema, body)) };
  if (type === "recording.completed" || type === "recording.failed") return { type: "recording", data: valid(check(RecordingEventSchema, body)) };
  if ("dtmf" in body) return { type: "dtmf", data: valid(check(DtmfCallbackSchema, body)) };
  return { type: "answer", data: valid(check(AnswerRequestSchema, body)) };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const body: unknown = JSON.parse(text);
    if (isRecord(body)) return body;
  } catch {
    // What is said below is true of it, too.
  }
  throw new PiopiyValidationError("rawBody", "rawBody must be the JSON object of a webhook.");
}

function valid<T>(checked: Checked<T>): T {
  if (checked.ok) return checked.value;
  const [first] = checked.issues;
  const field = first?.path.slice(1).replaceAll("/", ".") || "rawBody";
  throw new PiopiyValidationError(field, `${field} ${first?.message ?? "is wrong"}.`, checked.issues);
}
