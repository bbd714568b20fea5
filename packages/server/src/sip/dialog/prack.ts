import { type Core, userAgentHeader } from "../core.ts";
import { credentialsOf, exchange, type Sent } from "../exchange.ts";
import { header, headerValues, type SipResponse } from "../message/message.ts";
import type { Received } from "../transport/network.ts";
import type { Credentials } from "../user-agent-types.ts";
import { dialogOfResponse, type DialogState, requestInside } from "./dialog-state.ts";
import { destinationsOf } from "./destinations.ts";
import { MAX_EARLY } from "./early-dialog.ts";

/** Acknowledges the provisional responses of one INVITE that ask for it (RFC 3262 §4). */
export interface Pracks {
  /** Whether a provisional response is news: not when it is a repeated one, or came before its turn. */
  takes(response: SipResponse, received: Received<SipResponse>, sent: Sent): boolean;
  /** The newest CSeq in the early dialog with that tag. */
  cseqOf(toTag: string): number;
}

export function createPracks(core: Core, credentials: Credentials | undefined, direct: boolean): Pracks {
  const early = new Map<string, { state: DialogState; rseq: number }>();
  return {
    takes(response, received, sent) {
      const tag = received.envelope.toTag;
      const rseq = Number(header(response, "RSeq") ?? Number.NaN);
      const reliable = headerValues(response, "Require").some((option) => option.toLowerCase() === "100rel");
      if (response.status === 100 || !reliable || tag === undefined || !Number.isInteger(rseq)) return true;
      const known = early.get(tag);
      // §4: each is one more than the one before; "If a provisional response is received out of order, it MUST NOT be acknowledged".
      if (known && rseq !== known.rseq + 1) return false;
      if (!known && early.size >= MAX_EARLY) return true;
      const dialog = known ?? { state: dialogOfResponse(sent.request, response, received.envelope), rseq };
      dialog.rseq = rseq;
      early.set(tag, dialog);
      const rack = `${rseq} ${received.envelope.cseq.number} INVITE`;
      exchange(core, {
        credentials,
        transportOpen: false,
        wanted: () => true,
        destinations: () => destinationsOf({ core, flow: received.source, state: dialog.state, direct }),
        build(_, answer) {
          dialog.state = { ...dialog.state, localCSeq: dialog.state.localCSeq + 1 };
          const headers = [["RAck", rack] as const, ...userAgentHeader(core), ...(answer.length > 0 ? answer : credentialsOf(sent.request))];
          return requestInside(dialog.state, "PRACK", dialog.state.localCSeq, { headers });
        },
        // Whoever does not get it repeats its response, and gives up the call in the end.
      }, { response: () => undefined, failed: () => undefined });
      return true;
    },
    cseqOf: (toTag) => early.get(toTag)?.state.localCSeq ?? 0,
  };
}
