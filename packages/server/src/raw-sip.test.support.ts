import { createSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { channels, randomIds, text, utf8 } from "./base/index.ts";
import type { SipAddress } from "./sip/index.ts";

// SIP from somebody who need not keep to it: bytes out, statuses back.

const HOST = "127.0.0.1";

/** A request line by line, as it should be but for `changes`: a header with another value, or without (`undefined`). */
export function rawRequest(
  method: string, { transport, port, uri = `sip:nobody@${HOST}` }: { readonly transport: "udp" | "tcp"; readonly port: number; readonly uri?: string },
  changes: Readonly<Record<string, string | undefined>> = {}, body = "",
): string {
  const headers: Readonly<Record<string, string | undefined>> = {
    Via: `SIP/2.0/${transport.toUpperCase()} ${HOST}:${port};branch=z9hG4bK${randomIds.token(16)};rport`,
    "Max-Forwards": "70",
    From: `<sip:somebody@${HOST}>;tag=${randomIds.token(8)}`,
    To: `<sip:nobody@${HOST}>`,
    "Call-ID": randomIds.token(20),
    CSeq: `1 ${method}`,
    Contact: `<sip:somebody@${HOST}:${port}>`,
    "Content-Length": String(Buffer.byteLength(body)),
    ...changes,
  };
  const lines = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [`${method} ${uri} SIP/2.0`, ...lines, "", body].join("\r\n");
}

const statusesIn = (bytes: string): readonly number[] => [...bytes.matchAll(/^SIP\/2\.0 (\d{3}) /gm)].map((found) => Number(found[1]));

/**
 * Sends a datagram, and behind it a good OPTIONS. Tells the statuses that came before the answer to that: the server
 * takes datagrams in their order.
 */
export async function overUdp(to: SipAddress, datagram: (port: number) => string | Uint8Array): Promise<readonly number[]> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, HOST, resolve));
  const { port } = socket.address();
  const callId = randomIds.token(20);
  try {
    const statuses = new Promise<readonly number[]>((resolve) => {
      const before: number[] = [];
      socket.on("message", (bytes) => {
        const answer = text(bytes);
        if (answer.includes(callId)) resolve([...before, ...statusesIn(answer).filter((status) => status !== 200)]);
        else before.push(...statusesIn(answer));
      });
    });
    socket.send(datagram(port), to.port, to.host);
    socket.send(rawRequest("OPTIONS", { transport: "udp", port }, { "Call-ID": callId }), to.port, to.host);
    return await statuses;
  } finally {
    socket.close();
  }
}

export interface StreamEnd {
  readonly statuses: readonly number[];
  /** Who closed the connection. */
  readonly closedBy: "server" | "us";
}

/** Writes the pieces to a connection until the server closes it or has answered `enough` times. */
export async function overTcp(to: SipAddress, pieces: (port: number) => readonly (string | Uint8Array)[], enough = Infinity): Promise<StreamEnd> {
  const socket = connect(to.port, to.host);
  await new Promise((resolve) => socket.once("connect", resolve));
  return await new Promise((resolve) => {
    let got = "";
    let closedBy: StreamEnd["closedBy"] = "server";
    socket.on("data", (bytes) => {
      got += text(bytes);
      if (statusesIn(got).length < enough) return;
      closedBy = "us";
      socket.destroy();
    });
    // What is written to a connection that the server has closed fails here; the close is what counts.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve({ statuses: statusesIn(got), closedBy }));
    for (const piece of pieces(localPort(socket))) socket.write(piece);
  });
}

const localPort = (socket: Socket): number => socket.localPort ?? 0;

/** How often something came that is no SIP, until the returned function is called. */
export function countGarbage(): { readonly count: () => number; stop(): void } {
  let garbage = 0;
  const listener = () => {
    garbage += 1;
  };
  channels.sipGarbage.subscribe(listener);
  return {
    count: () => garbage,
    stop() {
      channels.sipGarbage.unsubscribe(listener);
    },
  };
}

/** Resolves with the server's media port of the next INVITE it sends to that user. */
export function mediaPortTowards(user: string): Promise<number> {
  return new Promise((resolve) => {
    const listener = (message: unknown) => {
      if (typeof message !== "object" || message === null || !("message" in message) || !(message.message instanceof Uint8Array)) return;
      const invite = text(message.message);
      const port = /\r\nm=audio (\d+) /.exec(invite)?.[1];
      if (port === undefined || !invite.startsWith("INVITE ") || !new RegExp(`\\r\\nTo: <?sip:${user}@`, "i").test(invite)) return;
      channels.sipMessage.unsubscribe(listener);
      resolve(Number(port));
    };
    channels.sipMessage.subscribe(listener);
  });
}

/** Bytes that look random and are the same in every run. */
export const noise = (length: number, seed = 1): Uint8Array => {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
};

export const bytesOf = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? utf8(part) : part)));
