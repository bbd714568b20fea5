import type { Clock } from "../base/clock.ts";
import type { Connection, ConnectionListener } from "./connection.ts";
import type { Start } from "./facts.ts";
import type { StreamEnd, StreamSession } from "./session.ts";

/** A session, and how its stream server deals with it. */
export interface RunningSession {
  readonly session: StreamSession;
  end(reason: StreamEnd["reason"], code: number): void;
}

/** A session that outlives its connections. */
export interface ResumableSession extends RunningSession {
  /** Its first connection, or one with which the server has come back. */
  take(connection: Connection, start: Start): void;
}

/** What every session is made with. */
export interface SessionOptions {
  /** Path and query that were dialled. */
  readonly url: string;
  readonly clock: Clock;
  /** Told what a listener has thrown. */
  readonly failed: (error: unknown, session: StreamSession) => void;
}

/** Who gets nothing of a connection any more. */
export const nobody: ConnectionListener = { text: () => undefined, binary: () => undefined, closed: () => undefined };

/** RFC 6455 §7.4.1: done, going away, or no word about it. */
export const isProper = (code: number): boolean => code === 1000 || code === 1001 || code === 1005;
