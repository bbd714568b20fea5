import type { Logger } from "pino";
import type { Clock, Ids } from "../base/index.ts";
import type { Control } from "../control/index.ts";
import type { Store } from "../store/index.ts";

export interface ApiOptions {
  readonly store: Store;
  readonly control: Control;
  readonly apps: readonly AppCredentials[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly version: string;
  /** Sums of the media plane, for `/metrics`. */
  readonly media?: () => Promise<MediaFigures>;
  /** The sockets to bots, for `/metrics`. */
  readonly streams?: () => StreamFigures;
  /** Absent: nothing is logged. */
  readonly logger?: Logger;
}

export interface AppCredentials {
  readonly appid: string;
  readonly secret: string;
}

/** Sums over all streams, as their sockets tell them. */
export interface StreamFigures {
  readonly open: number;
  readonly resumed: number;
  readonly unsentMs: number;
}

/** Sums over all media sessions, as the media engine tells them. */
export interface MediaFigures {
  readonly sessions: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  readonly packetsDiscarded: number;
  readonly packetsInvalid: number;
  readonly underruns: number;
  readonly latestSendMs: number;
}
