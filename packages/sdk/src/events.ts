import { PiopiyValidationError } from "./errors.ts";
import { listIn, query, read, type ReadingOptions } from "./http/reading.ts";
import { textField } from "./http/reply.ts";
import type { Transport } from "./http/send.ts";
import type { EventPosition, OutboxEvent } from "./records.ts";
import type { Credentials } from "./voice.ts";

/**
 * What was told about calls and what is still to be told: for who has missed a webhook. Made by `RestClient`, which has
 * it as `events`; only a server of your own has it.
 */
export class Events {
  readonly #transport: Transport;
  readonly #credentials: Credentials;

  constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /**
   * The app's events in their order, up to the newest one there is. Keep the `cursor` of the last one you have dealt
   * with, and give it as `after` the next time. Rejects with a PiopiyError.
   */
  async *list(options: EventPosition & ReadingOptions = {}): AsyncGenerator<OutboxEvent, void, undefined> {
    let { after = 0 } = options;
    if (!Number.isSafeInteger(after) || after < 0) throw new PiopiyValidationError("options.after", "options.after must be the cursor of an event.");
    let more = true;
    while (more) {
      const body = await read(this.#transport, this.#credentials, `/events${query({ after })}`, { signal: options.signal });
      yield* listIn(body, "events").filter(isEvent);
      const { next } = body;
      more = body["more"] === true && typeof next === "number" && next > after;
      if (typeof next === "number") after = next;
    }
  }
}

const isEvent = (value: unknown): value is OutboxEvent => textField(value, "event_id") !== undefined;
