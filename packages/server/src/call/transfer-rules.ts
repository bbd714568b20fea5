import type { CallSource } from "./call-source.ts";
import type { Cause } from "./cause.ts";
import type { DialOutcome, DialRequest } from "./dialler.ts";

/** Serves what the party of a leg wants to become of its place. */
export interface Transfers {
  /**
   * The party wants somebody else in its place (RFC 3515). A status: it is refused; otherwise `dial` is called, and its
   * outcome is told to the party.
   */
  refer(wanted: WantedTransfer): number | ((request: Pick<DialRequest, "inPlaceOf" | "headers" | "onRinging">) => Promise<DialOutcome>);
  /** It has come to an end; a leg with somebody else in it goes on. */
  finished(wanted: WantedTransfer, cause: Cause | undefined): void;
  /** Another phone has taken the party's place (RFC 3891). */
  replaced(by: CallSource): void;
}

export interface WantedTransfer {
  readonly target: DialRequest["target"];
  /** The caller id for whoever is called: the number in the call that is not the party's own. */
  readonly from: string;
  /** Consulted before: the place is another call's of the same party, and nobody is called. */
  readonly attended: boolean;
}
