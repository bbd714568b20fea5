/**
 * Every error this server raises on purpose, in one table: the HTTP status of an API answer, the SIP status of a
 * refused call, and the sentence that explains it. Documentation is generated from here.
 */
export const errorTable = {
  invalid_request: { http: 422, sip: 400, says: "A field is missing or wrong; `errors` says which and what would be right." },
  malformed_json: { http: 400, sip: 400, says: "The body is not JSON." },
  bad_credentials: { http: 401, sip: 403, says: "The appid or the secret is wrong." },
  unknown_number: { http: 404, sip: 404, says: "No such number here." },
  unknown_call: { http: 404, sip: 481, says: "There is no such call, or it has ended." },
  not_answered: { http: 409, sip: 480, says: "The leg is not up yet: it has not been answered." },
  unknown_recording: { http: 404, sip: 404, says: "There is no such recording." },
  still_needed: { http: 409, sip: 500, says: "It is still needed: its call has not ended, or a webhook of it waits to be delivered." },
  unknown_event: { http: 404, sip: 404, says: "There is no such event." },
  unknown_path: { http: 404, sip: 404, says: "There is nothing at this path." },
  no_route: { http: 404, sip: 404, says: "No trunk and no registered phone leads to this number." },
  body_too_large: { http: 413, sip: 513, says: "The body is larger than the limit." },
  destination_refused: { http: 403, sip: 403, says: "This number may not be called: `errors` says what the configuration would have to allow." },
  minutes_used_up: { http: 429, sip: 403, says: "The minutes of the day are used up; try again after `Retry-After`." },
  rate_limited: { http: 429, sip: 503, says: "Too many requests; try again after `Retry-After`." },
  no_capacity: { http: 503, sip: 503, says: "The way to this number takes no more calls now; try again after `Retry-After`." },
  draining: { http: 503, sip: 503, says: "The server is shutting down." },
  out_of_ports: { http: 503, sip: 503, says: "No free media port is left in the configured range." },
  store_failed: { http: 503, sip: 503, says: "The database cannot be used now: its disk is full or fails, or another program holds it." },
  bad_configuration: { http: 500, sip: 500, says: "The configuration is wrong." },
  bad_audio: { http: 422, sip: 488, says: "The file is no audio this server can decode." },
  fetch_failed: { http: 502, sip: 500, says: "The address could not be fetched." },
  fetch_refused: { http: 422, sip: 403, says: "The address is not allowed for this server." },
  stream_failed: { http: 502, sip: 500, says: "The stream's socket could not be opened." },
  speech_failed: { http: 500, sip: 500, says: "The text could not be spoken." },
  media_failed: { http: 500, sip: 500, says: "The media engine failed." },
  internal: { http: 500, sip: 500, says: "Something failed inside the server." },
} as const satisfies Record<string, { readonly http: number; readonly sip: number; readonly says: string }>;

export type ErrorCode = keyof typeof errorTable;

/** The base of every error raised on purpose. Match by `code`, never by message. */
export class PiopiyError extends Error {
  readonly code: ErrorCode;

  /** `detail` adds what was wrong in this case; it carries no number, digit, text or credential. */
  constructor(code: ErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ?? errorTable[code].says, options);
    this.name = "PiopiyError";
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
