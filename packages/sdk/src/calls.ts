import { PiopiyServerError, PiopiyValidationError } from "./errors.ts";
import { listIn, query, read, type ReadingOptions } from "./http/reading.ts";
import { isRecord, textField } from "./http/reply.ts";
import type { Transport } from "./http/send.ts";
import type { Call, CallDetail, CallFilters } from "./records.ts";
import type { Credentials } from "./voice.ts";

const PAGE = 100;
const FILTERS: ReadonlySet<string> = new Set([
  "status", "direction", "from", "to", "request_id", "since_ms", "until_ms", "signal",
] satisfies (keyof (CallFilters & ReadingOptions))[]);

/** What became of calls. Made by `RestClient`, which has it as `calls`; only a server of your own has it. */
export class Calls {
  readonly #transport: Transport;
  readonly #credentials: Credentials;

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /**
   * The app's calls, the newest first, page by page as they are asked for: `for await (const call of client.calls.list())`.
   * Rejects with a PiopiyError.
   */
  async *list(filters: CallFilters & ReadingOptions = {}): AsyncGenerator<Call, void, undefined> {
    for (const name of Object.keys(filters)) {
      if (!FILTERS.has(name)) throw new PiopiyValidationError(`filters.${name}`, `filters.${name} is not known. Known: ${[...FILTERS].join(", ")}.`);
    }
    const { signal, status, direction, from, to, request_id, since_ms, until_ms } = filters;
    const wanted = { status, direction, from, to, request_id, since_ms, until_ms };
    let before: string | undefined;
    do {
      const body = await read(this.#transport, this.#credentials, `/calls${query({ ...wanted, limit: PAGE, before })}`, { signal });
      yield* listIn(body, "calls").filter(isCall);
      before = textField(body, "next");
    } while (before !== undefined);
  }

  /**
   * A call with its legs, actions, timeline, recordings and webhooks; found by its own id, its request's or one of its
   * legs'. `digits` shows the keys that were pressed, which are hidden otherwise. Rejects with a PiopiyNotFoundError when
   * there is no such call.
   */
  async get(id: string, options: ReadingOptions & { readonly digits?: boolean | undefined } = {}): Promise<CallDetail> {
    if (typeof id !== "string" || !/^[\w-]{1,128}$/.test(id)) {
      throw new PiopiyValidationError("id", "id must be the id of a call, of its request or of one of its legs, as text.");
    }
    const path = `/calls/${id}${query({ digits: options.digits === true ? 1 : undefined })}`;
    const body = await read(this.#transport, this.#credentials, path, { signal: options.signal });
    if (isDetail(body)) return body;
    throw new PiopiyServerError("The reply is no call; is baseUrl the address of a Piopiy server?", { body });
  }
}

const isCall = (value: unknown): value is Call => textField(value, "call_id") !== undefined;
const isDetail = (value: unknown): value is CallDetail => isCall(value) && isRecord(value) && Array.isArray(value["legs"]);
