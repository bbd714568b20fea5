import type { Clock, Timer } from "../../base/index.ts";
import type { Header, SipResponse } from "../message/message.ts";
import { formatInterval, minSeconds, scheduleOf, type SessionInterval } from "./session-timer.ts";

/** The session timer of one dialog (RFC 4028 §10). */
export interface SessionTimer {
  /** What a refresh has settled, and which side of it we were; `undefined`: the session does not expire. */
  settled(interval: SessionInterval | undefined, weWere: "uac" | "uas"): void;
  /** What our next INVITE or UPDATE says of it (§7.1): who refreshes goes on to. */
  headers(): readonly Header[];
  /** Somebody on the way will not have it as short as that (422): the next one asks for more. */
  refused(response: SipResponse): void;
  /** The dialog is over: nothing is settled any more, whatever is still answered. */
  readonly close: () => void;
}

/** A refresh that was refused is tried again after an eighth of the interval, until the session expires. */
const RETRY_PART = 8;

export function createSessionTimer(clock: Clock, does: { readonly refresh: () => void; readonly expire: () => void }): SessionTimer {
  let current: { readonly seconds: number; readonly ours: boolean } | undefined;
  let refreshing: Timer | undefined;
  let expiring: Timer | undefined;
  let closed = false;
  /** What was told by a 422. */
  let least = 0;
  const stop = () => {
    refreshing?.cancel();
    expiring?.cancel();
    current = undefined;
  };
  const refreshAfter = (delayMs: number, seconds: number) => {
    refreshing = clock.setTimer(delayMs, () => {
      refreshAfter((seconds * 1000) / RETRY_PART, seconds);
      does.refresh();
    });
  };
  return {
    settled(interval, weWere) {
      stop();
      if (!interval || closed) return;
      const { refreshMs, expireMs } = scheduleOf(interval, weWere);
      current = { seconds: interval.seconds, ours: refreshMs !== undefined };
      expiring = clock.setTimer(expireMs, () => {
        stop();
        does.expire();
      });
      if (refreshMs !== undefined) refreshAfter(refreshMs, interval.seconds);
    },
    headers() {
      if (!current) return [];
      const seconds = Math.max(current.seconds, least);
      const asked: Header = ["Session-Expires", formatInterval({ seconds, refresher: current.ours ? "uac" : "uas" })];
      return least > 0 ? [asked, ["Min-SE", String(least)]] : [asked];
    },
    refused(response) {
      // RFC 4028 §7.4: it "MUST include a Min-SE header field" with the highest that it was told.
      if (response.status === 422) least = Math.max(least, minSeconds(response));
    },
    close() {
      closed = true;
      stop();
    },
  };
}
