/** The name of the exact protocol, as a sub-protocol of WebSocket (RFC 6455 §1.9). */
export const streamProtocol = "piopiy.v1";

/** What a stream of the exact protocol holds and takes. `start` tells the first two to the bot. */
export const streamLimits = {
  /** Audio of the bot that waits to be heard, over all utterances. */
  queueMs: 60_000,
  /** The longest frame of either kind; a longer one closes the socket with 1009. */
  messageBytes: 2 << 20,
  /** An utterance without audio for so long that was not ended is ended. */
  utteranceIdleMs: 10_000,
  /** What the party says while the connection is away and is kept for the bot. */
  replayMs: 5000,
  /** Messages kept for the bot while the connection is away. */
  replayMessages: 256,
  /** The most `warning` messages of one stream. */
  warnings: 20,
} as const;

/** The greatest id of an utterance, and the greatest position before positions begin at 0 again. */
export const maxUint32 = 0xffff_ffff;
