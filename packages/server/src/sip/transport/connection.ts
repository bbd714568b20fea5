import { Emitter, type Listenable, PiopiyError } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { remoteOf } from "./transport.ts";

/** One connection that carries whole messages both ways, whatever it is made of. */
export interface Connection {
  /** Resolves once the bytes are handed to the system. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
  onClose(listener: () => void): void;
}

/** Connections at a time; who comes later is turned away. */
export interface ConnectionLimits {
  readonly total: number;
  /** From one address. */
  readonly perAddress: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { total: 8192, perAddress: 1024 };

/** The connections of one transport by their remote address: kept, and used in both directions (RFC 5923). */
export interface Connections {
  readonly events: Listenable<{ gone: SipAddress }>;
  /** Counts one that comes from that host; `undefined` when there are too many, else what to call when it has gone. */
  enter(host: string): (() => void) | undefined;
  keep(remote: SipAddress, connection: Connection): void;
  /** From now on what is meant for the name and port of `sentBy` goes over the connection from `remote` (RFC 5923 §8.1). */
  alias(remote: SipAddress, sentBy: SipAddress): void;
  /** The connection to `remote`, dialled if there is none. */
  to(remote: SipAddress, dial?: () => Promise<Connection>): Promise<Connection>;
  closeAll(): Promise<void>;
}

export function createConnections(limits: ConnectionLimits = CONNECTION_LIMITS): Connections {
  const table = new Map<string, Promise<Connection>>();
  const perHost = new Map<string, number>();
  /** Keys of the table by the name and port their peers are known by. */
  const aliases = new Map<string, string>();
  const events = new Emitter<{ gone: SipAddress }>();
  let entered = 0;
  const count = (host: string, by: number) => {
    entered += by;
    const left = (perHost.get(host) ?? 0) + by;
    if (left > 0) perHost.set(host, left);
    else perHost.delete(host);
  };
  const watch = (remote: SipAddress, connection: Connection, held: Promise<Connection>) => {
    connection.onClose(() => {
      // A newer connection from the same address may have taken the place.
      if (table.get(keyOf(remote)) === held) table.delete(keyOf(remote));
      events.emit("gone", remote);
    });
  };
  return {
    events,
    enter(host) {
      if (entered >= limits.total || (perHost.get(host) ?? 0) >= limits.perAddress) return undefined;
      count(host, 1);
      return () => count(host, -1);
    },
    keep(remote, connection) {
      const held = Promise.resolve(connection);
      table.set(keyOf(remote), held);
      watch(remote, connection, held);
    },
    alias(remote, sentBy) {
      if (table.has(keyOf(remote))) aliases.set(remoteOf(sentBy), keyOf(remote));
      const [oldest] = aliases.keys();
      if (aliases.size > limits.total && oldest !== undefined) aliases.delete(oldest);
    },
    to(remote, dial) {
      const alias = remote.name === undefined ? undefined : aliases.get(remoteOf({ ...remote, host: remote.name }));
      const existing = table.get(alias ?? "") ?? table.get(keyOf(remote));
      if (existing) return existing;
      if (!dial) return Promise.reject(new PiopiyError("internal", "there is no connection to that address"));
      if (table.size >= limits.total) return Promise.reject(new PiopiyError("internal", "too many SIP connections"));
      const dialled = dial();
      table.set(keyOf(remote), dialled);
      dialled.then((connection) => watch(remote, connection, dialled), () => table.delete(keyOf(remote)));
      return dialled;
    },
    async closeAll() {
      for (const connection of await Promise.allSettled(table.values())) {
        if (connection.status === "fulfilled") connection.value.close();
      }
    },
  };
}

/** What was verified for one name is not used for another (RFC 5923 §8.2). */
const keyOf = (remote: SipAddress): string => (remote.name === undefined ? remoteOf(remote) : `${remoteOf(remote)} ${remote.name}`);
