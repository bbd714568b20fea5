/** What is done to a leg from beside its flow: by the API, or by a person. Nothing happens on a leg that has ended. */
export interface LegControl {
  /**
   * On hold the party hears music in place of everything, nobody hears what it says, and playbacks wait where they
   * are; its keys count. Holding twice is the same as once.
   */
  hold(on: boolean): void;
  readonly held: boolean;
  /** While muted, nobody hears what the party says; it hears everything. */
  mute(on: boolean): void;
  readonly muted: boolean;
  /** Presses keys towards the party: 0-9 * # A-D, and `,` for a pause of 500 ms. Fails with `invalid_request`. */
  sendDigits(digits: string, signal: AbortSignal): Promise<void>;
}
