import { connect, createServer } from "node:net";
import type { ConnectionLimits } from "./connection.ts";
import { openStreamTransport } from "./stream-transport.ts";
import type { OpenTransport } from "./transport.ts";

/** SIP over TCP (RFC 3261 §18). */
export const tcpOpener = (limits?: ConnectionLimits): OpenTransport => (address, receive, clock) =>
  openStreamTransport({ address, receive, clock }, {
    server: createServer({ noDelay: true }),
    accepted: "connection",
    dial: ({ host, port }) => ({ socket: connect({ host, port, noDelay: true }), ready: "connect" }),
    limits,
  });

export const openTcp = tcpOpener();
