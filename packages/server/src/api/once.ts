import { createHash } from "node:crypto";
import type { Clock } from "../base/index.ts";
import { findKey, type Store } from "../store/index.ts";
import { InvalidRequest } from "./failures.ts";

/** A request that shall be done once, however often it is sent. */
export interface KeyedRequest {
  readonly appid: string;
  readonly key: string;
  readonly requestHash: string;
}

interface Running {
  readonly requestHash: string;
  readonly answer: Promise<unknown>;
}

/** Does a request once per key: who sends it again, at the same moment or within 24 hours, gets the first answer. */
export type Once = (request: KeyedRequest, act: () => Promise<unknown>) => Promise<unknown>;

export function createOnce({ store, clock }: { readonly store: Store; readonly clock: Clock }): Once {
  const running = new Map<string, Running>();
  return async (request, act) => {
    const name = JSON.stringify([request.appid, request.key]);
    const other = running.get(name);
    if (other) {
      same(other.requestHash, request);
      return await other.answer;
    }
    const answer = answerOf(store, clock, request, act);
    running.set(name, { requestHash: request.requestHash, answer });
    try {
      return await answer;
    } finally {
      running.delete(name);
    }
  };
}

async function answerOf(store: Store, clock: Clock, request: KeyedRequest, act: () => Promise<unknown>): Promise<unknown> {
  const before = await findKey(store.db, request.appid, request.key, clock.now());
  if (!before) return await act();
  same(before.request_hash, request);
  const answer: unknown = JSON.parse(before.response);
  return answer;
}

function same(requestHash: string, request: KeyedRequest): void {
  if (requestHash === request.requestHash) return;
  throw new InvalidRequest([{ path: "", message: "is not the one this Idempotency-Key was used with; a new request needs a new key" }]);
}

/** The key of a request, if it has one. */
export function keyOf(header: string | readonly string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new InvalidRequest([{ path: "", message: "came with an Idempotency-Key that is not 1 to 255 printable ASCII characters" }]);
}

/** Tells two bodies apart; white space is no difference. */
export function hashOf(body: unknown): string {
  return createHash("sha256").update(JSON.stringify(body) ?? "").digest("base64url");
}
