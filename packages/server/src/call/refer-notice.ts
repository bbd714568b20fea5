import { utf8 } from "../base/index.ts";
import { parseCSeq, header, reasonPhrase, type Dialog, type SipRequest } from "../sip/index.ts";

/** Tells whoever sent a REFER what becomes of it (RFC 3515 §2.4.4): the subscription that the REFER has made. */
export interface ReferNotice {
  /** How far the call has come: 100, 180. */
  tell(status: number): void;
  /** The last word: the subscription is over. Resolves when it was answered, or could not be told any more. */
  end(status: number): Promise<void>;
}

/** Longer than any call of ours rings. */
const EXPIRES_SECONDS = 120;

/** `first`: the dialog has seen no other REFER. Deviation: RFC 3515 §2.4.4 lets the subscription outlive the call; here it ends with it. */
export function referNotice(dialog: Dialog, refer: SipRequest, first: boolean): ReferNotice {
  // RFC 3515 §2.4.6: the id tells several apart, and is the CSeq of the REFER.
  const id = first ? "" : `;id=${parseCSeq(header(refer, "CSeq") ?? "")?.number ?? 0}`;
  let before: Promise<unknown> = Promise.resolve();
  let told = 0;
  const notify = (status: number, state: string) => {
    told = status;
    const body = { type: "message/sipfrag;version=2.0", bytes: utf8(`SIP/2.0 ${status} ${reasonPhrase(status)}\r\n`) };
    const headers = [["Event", `refer${id}`], ["Subscription-State", state]] as const;
    // One after the other: RFC 6665 §4.2.2 has them in order.
    before = before.then(() => (dialog.signal.aborted ? undefined : dialog.request("NOTIFY", { headers, body })));
    return before;
  };
  return {
    tell: (status) => void (status > told && notify(status, `active;expires=${EXPIRES_SECONDS}`)),
    end: async (status) => void (await notify(status, "terminated;reason=noresource")),
  };
}
