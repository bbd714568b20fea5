import { contactAt, type Core, type DialogEntry } from "../core.ts";
import { incomingRequest } from "../incoming-request.ts";
import type { SipResponse } from "../message/message.ts";
import type { ServerTransaction } from "../transaction/transactions.ts";
import type { Received } from "../transport/network.ts";
import { dialogKey } from "./dialog-state.ts";

/** Early dialogs of one INVITE. */
export const MAX_EARLY = 16;

/** The early dialogs of an INVITE of ours (RFC 3261 §12.1), until its outcome is known: callees may ask something in them. */
export interface EarlyDialogs {
  /** A provisional response has come. */
  begin(received: Received<SipResponse>): void;
  end(): void;
}

export function createEarlyDialogs(core: Core, user: string | undefined): EarlyDialogs {
  const entries = new Map<string, DialogEntry>();
  const entry: DialogEntry = {
    request: (transaction) => answerEarly(core, transaction, user),
    ack: () => undefined,
    close: () => undefined,
  };
  return {
    begin({ message, envelope: { callId, fromTag, toTag } }) {
      if (message.status === 100 || toTag === undefined || entries.size >= MAX_EARLY) return;
      const key = dialogKey(callId, fromTag, toTag);
      if (core.dialogs.has(key)) return;
      entries.set(key, entry);
      core.dialogs.set(key, entry);
    },
    end() {
      // One that was confirmed has an entry of its own.
      for (const key of entries.keys()) if (core.dialogs.get(key) === entry) core.dialogs.delete(key);
      entries.clear();
    },
  };
}

/**
 * What a peer asks before the call is answered. RFC 3261 §12.2.1.2: a 481 would have it give up the call.
 * Deviation: RFC 3311 §5.1 lets it offer something else once our offer was answered reliably; it is asked to do so later.
 */
export function answerEarly(core: Core, transaction: ServerTransaction, user: string | undefined): void {
  const { message: request, envelope, source, transport } = transaction.received;
  const incoming = incomingRequest(core, transaction, {
    toTag: envelope.toTag ?? "",
    ...(request.method === "UPDATE" ? { contact: contactAt(core, transport, source, user) } : undefined),
  });
  const harmless = request.method === "OPTIONS" || (request.method === "UPDATE" && request.body.length === 0);
  // RFC 3261 §15: no callee ends an early dialog by a BYE; that is nobody's.
  incoming.respond(harmless ? 200 : request.method === "BYE" ? 481 : 491);
}
