import type { Logger } from "pino";
import type { Clock, Ids } from "../base/index.ts";
import type { Control } from "../control/index.ts";
import type { AppCredentials, Door, HttpRate } from "./door.ts";
import type { HttpCertificate, HttpTimes, Renewals } from "./http-server.ts";
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
  /** What can still be written to the data folder, for `/metrics`. */
  readonly freeBytes?: () => Promise<number>;
  readonly http?: HttpOptions;
  /** Absent: nothing is logged. */
  readonly logger?: Logger;
}

/** How the API is served. */
export interface HttpOptions {
  readonly rate?: HttpRate;
  /** Absent: without TLS. */
  readonly certificate?: HttpCertificate;
  /** Another certificate, for connections from now on. */
  readonly renewals?: Renewals | undefined;
  /** The largest body; 1 MiB unless given. */
  readonly bodyBytes?: number;
  /** Addresses and blocks of proxies whose `X-Forwarded-For` is believed; nobody's unless given. */
  readonly proxies?: readonly string[];
  readonly times?: HttpTimes;
  /** Connections of one address at a time; 1024 unless given. */
  readonly connectionsPerAddress?: number;
}

/** What routes are made of. */
export interface RouteOptions extends ApiOptions {
  readonly door: Door;
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
  /** The threads that run, and those that were lost. */
  readonly threads?: { readonly running: number; readonly died: number; readonly hung: number };
  /** How the legs that have ended were: times in seconds, loss as a part of 1. */
  readonly quality?: Readonly<Record<QualityFigure, CountedFigure>>;
}

export type QualityFigure = "receivedMos" | "sentMos" | "receivedJitter" | "sentJitter" | "receivedLoss" | "sentLoss" | "roundTrip";

/** `counts`: for each bound the values above the one before it; then those above all of them. */
export interface CountedFigure {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}
