import type { SipAddress } from "./address.ts";
import type { Core } from "./core.ts";
import type { SipRequest } from "./message/message.ts";
import type { ResponseListener } from "./transaction/transactions.ts";

/**
 * RFC 3261 §17.2.1: a server that lives answers an INVITE by a 100 within 200 ms. One that has said nothing for so many T1
 * (4 s; over UDP the INVITE was sent four times) is left where there is another.
 * Deviation: RFC 3263 §4.3 waits for timer B, 32 s; nobody holds the line for so long without hearing anything.
 */
const PATIENCE_T1 = 8;

export interface Attempted extends ResponseListener {
  /** Asks somebody else, and tells whether it did; undefined: there is nobody else. */
  readonly leave: (() => boolean) | undefined;
  /** A response of whoever was left; nothing else is told of it any more. */
  readonly late: ResponseListener["response"];
}

/** Sends an attempt; one of an INVITE that nothing is heard of is left. Returns a function that forgets it. */
export function sendImpatiently(
  core: Core, { request, to }: { readonly request: SipRequest; readonly to: SipAddress }, { leave, late, response, failed }: Attempted,
): () => void {
  let left = false;
  const timer = leave && request.method === "INVITE"
    ? core.clock.setTimer(PATIENCE_T1 * core.timers.t1, () => {
        left = leave();
      })
    : undefined;
  const forget = core.transactions.send(request, to, {
    response(message, received) {
      if (left) return late(message, received);
      timer?.cancel();
      response(message, received);
    },
    failed(why) {
      timer?.cancel();
      if (!left) failed(why);
    },
  });
  return () => {
    timer?.cancel();
    forget();
  };
}
