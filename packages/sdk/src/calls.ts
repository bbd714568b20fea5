import { PiopiyServerError, PiopiyValidationError } from "./errors.ts";
import { listIn, post, query, read, type ReadingOptions } from "./http/reading.ts";
import { isRecord, textField } from "./http/reply.ts";
import type { Transport } from "./http/send.ts";
import type { Call, CallDetail, CallFilters } from "./records.ts";
import { controlResponse, type ControlResponse } from "./responses.ts";
import type { Credentials } from "./voice.ts";
import { checkOptions } from "./wire/action-options.ts";
import { transferBody, type TransferTarget } from "./wire/call.ts";

const PAGE = 100;
const FILTERS: ReadonlySet<string> = new Set([
  "status", "direction", "from", "to", "request_id", "since_ms", "until_ms", "signal",
] satisfies (keyof (CallFilters & ReadingOptions))[]);

/** What is meant within a call. */
export interface LegOptions extends ReadingOptions {
  /** `a`, `b` or the id of a leg; without it the leg that `id` names, or leg a. */
  readonly leg?: string | undefined;
}

/**
 * What became of calls, and what is done to those that are up. Made by `RestClient`, which has it as `calls`; only a
 * server of your own has it.
 */
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
    const path = `/calls/${callId(id)}${query({ digits: options.digits === true ? 1 : undefined })}`;
    const body = await read(this.#transport, this.#credentials, path, { signal: options.signal });
    if (isDetail(body)) return body;
    throw new PiopiyServerError("The reply is no call; is baseUrl the address of a Piopiy server?", { body });
  }

  /**
   * Performs another flow in place of the one that runs: `{ pcmo }`, a PCMO or an `Action`, or `{ url }`, an address that
   * is asked for one. Of leg b, which a bridge has called, it takes that leg out of the bridge. Rejects with a
   * PiopiyNotFoundError when there is no such call or leg (any more).
   */
  async flow(id: string, to: TransferTarget, options: LegOptions = {}): Promise<ControlResponse> {
    const { transfer_url: url, ...flow } = transferBody(to);
    return await this.#act(id, "flow", { ...flow, ...(url === undefined ? {} : { url }) }, options, false);
  }

  /**
   * Presses keys towards a leg: 0-9 * # A-D, and `,` for a pause of half a second; at most 64. Resolves when the server has
   * taken them, before they are heard.
   */
  async dtmf(id: string, digits: string, options: LegOptions = {}): Promise<ControlResponse> {
    if (typeof digits !== "string" || !/^[0-9*#A-Da-d,]{1,64}$/.test(digits)) {
      throw new PiopiyValidationError("digits", "digits must be text of 1 to 64 of 0-9, *, #, A-D and the comma.");
    }
    return await this.#act(id, "dtmf", { digits }, options, false);
  }

  /** Lets nobody hear what a leg says, or everybody again when `on` is false; the leg hears everything. */
  async mute(id: string, on = true, options: LegOptions = {}): Promise<ControlResponse> {
    if (typeof on !== "boolean") throw new PiopiyValidationError("on", "on must be true or false.");
    return await this.#act(id, "mute", { on }, options, true);
  }

  async #act(
    id: string, what: string, more: Readonly<Record<string, unknown>>, options: LegOptions, repeatable: boolean,
  ): Promise<ControlResponse> {
    checkOptions(options, ["leg", "signal"]);
    const { leg, signal } = options;
    if (leg !== undefined && (typeof leg !== "string" || !/^[\w-]{1,64}$/.test(leg))) {
      throw new PiopiyValidationError("options.leg", "options.leg must be a, b or the id of a leg.");
    }
    const body = { ...more, ...(leg === undefined ? {} : { leg }) };
    return controlResponse(await post(this.#transport, this.#credentials, `/calls/${callId(id)}/${what}`, { body, repeatable, signal }));
  }
}

function callId(id: string): string {
  if (typeof id === "string" && /^[\w-]{1,128}$/.test(id)) return id;
  throw new PiopiyValidationError("id", "id must be the id of a call, of its request or of one of its legs, as text.");
}

const isCall = (value: unknown): value is Call => textField(value, "call_id") !== undefined;
const isDetail = (value: unknown): value is CallDetail => isCall(value) && isRecord(value) && Array.isArray(value["legs"]);
