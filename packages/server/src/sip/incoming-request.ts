import { ALLOW, type Core, serverHeader, SUPPORTED } from "./core.ts";
import { type Header, headerLines, type SipResponse } from "./message/message.ts";
import { respondTo } from "./message/respond.ts";
import type { ServerTransaction } from "./transaction/transactions.ts";
import type { IncomingRequest, ResponseExtra } from "./user-agent-types.ts";

export interface Answering {
  /** For To when the request has no tag there. */
  readonly toTag: string;
  /** The Contact of responses that make or refresh a dialog. */
  readonly contact?: string;
  /** Of a 2xx. */
  readonly successHeaders?: readonly Header[];
  /** Called with the final response, after it was sent. */
  readonly onFinal?: (response: SipResponse) => void;
}

/** A peer's request as the application sees it. The first final response counts, everything after it is ignored. */
export function incomingRequest(core: Core, transaction: ServerTransaction, answering: Answering): IncomingRequest {
  const { message: request, source } = transaction.received;
  let answered = false;
  return {
    request,
    source,
    respond(status, extra = {}) {
      if (answered || core.signal.aborted) return;
      answered = status >= 200;
      const response = respondTo(request, status, {
        reason: extra.reason,
        body: extra.body,
        toTag: answering.toTag,
        headers: responseHeaders(core, transaction, status, answering, extra),
      });
      transaction.respond(response);
      if (answered) answering.onFinal?.(response);
    },
  };
}

/** Hands a request to the application; one that throws answers 500, so that nobody waits for what never comes. */
export function handOver(incoming: Pick<IncomingRequest, "respond">, emit: () => void): void {
  try {
    emit();
  } catch (failure) {
    incoming.respond(500);
    throw failure;
  }
}

function responseHeaders(
  core: Core, { received: { message: request } }: ServerTransaction, status: number, { contact, successHeaders = [] }: Answering,
  { headers = [] }: ResponseExtra,
): readonly Header[] {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const own: Header[] = [];
  const dialogMaking = request.method === "INVITE" && status > 100 && status < 300;
  if (dialogMaking) {
    // RFC 3261 §12.1.1: "the UAS MUST copy all Record-Route header field values from the request into the response".
    own.push(...headerLines(request, "Record-Route").map((route): Header => ["Record-Route", route]));
  }
  if (contact !== undefined && status > 100 && status < 300 && !given.has("contact")) own.push(["Contact", contact]);
  const tellsAllow = status === 405 || (status >= 200 && status < 300 && ["INVITE", "OPTIONS"].includes(request.method));
  if (tellsAllow && !given.has("allow")) own.push(ALLOW);
  if (tellsAllow && status < 300 && !given.has("supported")) own.push(SUPPORTED);
  if (status >= 200 && status < 300) own.push(...successHeaders);
  return [...own, ...serverHeader(core), ...headers];
}
