import type { Header } from "../sip/index.ts";
import type { Cause } from "./cause.ts";
import type { Leg } from "./leg.ts";

/** Where to call: a number (phone of that number, else a trunk), a phone by its user name, or a SIP URI as it stands. */
export type DialTarget =
  | { readonly type: "number"; readonly number: string }
  | { readonly type: "user"; readonly user: string }
  | { readonly type: "uri"; readonly uri: string };

export interface DialRequest {
  readonly target: DialTarget;
  /** The caller id: digits or a user name. */
  readonly from: string;
  /** How long it may ring. */
  readonly timeoutMs: number;
  /** The id the leg will have. */
  readonly legId: string;
  /** The leg this one will be joined with: their media is kept on one thread. */
  readonly near?: Leg;
  /** The answer takes the place of this leg's party: `outcome.leg` is the same leg. It is not heard before it answers. */
  readonly inPlaceOf?: Leg;
  /** Further headers of the INVITE. */
  readonly headers?: readonly Header[];
  /** The request has been sent. */
  readonly onTrying?: () => void;
  /** The far end rings (180 or 183), told once. */
  readonly onRinging?: () => void;
  /** The far end is heard before it answers, told once: announcements, or ringing of its own. */
  readonly onEarlyMedia?: (media: EarlyMedia) => void;
}

/** What comes before an answer (RFC 3960); it ends with the answer or the refusal. */
export interface EarlyMedia {
  /** Lets `leg` and the far end hear each other until the returned function is called. */
  join(leg: Leg): () => void;
}

export type DialOutcome =
  | {
      readonly answered: true;
      readonly leg: Leg;
      /** Aborts when somebody else takes the leg over: whoever has dialled it then leaves it alone. */
      readonly released?: AbortSignal;
    }
  | { readonly answered: false; readonly cause: Cause };

/** Makes outbound legs. Busy, no answer and the like are outcomes, not errors; an abort gives `cancelled`. */
export interface Dialler {
  dial(request: DialRequest, signal: AbortSignal): Promise<DialOutcome>;
}
