import { createSocket } from "node:dgram";
import { bind, within } from "./sockets.ts";

/** A request as it came to the trunk. */
export interface Arrived {
  /** `performance.now()` when the datagram was read. */
  readonly atMs: number;
  readonly text: string;
  /** Sends a response; with `sdp` as its body. */
  respond(status: number, reason: string, sdp?: string): void;
}

/**
 * The far end of a trunk: a bare UDP socket, which shares no code with the server. It answers 200 to every BYE by itself;
 * other requests go to whoever waits for one, and are dropped when nobody does.
 */
export interface RawTrunk {
  readonly port: number;
  /** The next request of that method. Ask before it can come. */
  next(method: "INVITE" | "ACK" | "BYE"): Promise<Arrived>;
  close(): void;
}

export async function openRawTrunk(): Promise<RawTrunk> {
  const socket = createSocket("udp4");
  const waiting = new Map<string, (arrived: Arrived) => void>();
  const port = await bind(socket);
  socket.on("message", (datagram, { address, port: source }) => {
    const atMs = performance.now();
    const text = datagram.toString();
    const method = text.slice(0, text.indexOf(" "));
    const respond = (status: number, reason: string, sdp = "") => socket.send(response(text, { status, reason, sdp, port }), source, address);
    if (method === "BYE") respond(200, "OK");
    const waiter = waiting.get(method);
    waiting.delete(method);
    waiter?.({ atMs, text, respond });
  });
  return {
    port,
    next: (method) => within(`${method} to the trunk`, new Promise<Arrived>((resolve) => waiting.set(method, resolve))),
    close: () => void socket.close(),
  };
}

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly sdp: string;
  readonly port: number;
}

/** A response with what RFC 3261 §8.2.6.2 copies out of the request. */
export function response(request: string, { status, reason, sdp, port }: Answer): string {
  const copied = request.split("\r\n").filter((text) => /^(?:Via|From|To|Call-ID|CSeq|Record-Route):/i.test(text));
  const tagged = copied.map((text) => (/^To:/i.test(text) && !text.includes(";tag=") ? `${text};tag=far` : text));
  const type = sdp === "" ? [] : ["Content-Type: application/sdp"];
  const own = [`Contact: <sip:far@127.0.0.1:${port}>`, ...type, `Content-Length: ${Buffer.byteLength(sdp)}`];
  return [`SIP/2.0 ${status} ${reason}`, ...tagged, ...own, "", sdp].join("\r\n");
}

/** An answer that takes G.711 µ-law at `port`. */
export const answerSdp = (port: number): string =>
  ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", `m=audio ${port} RTP/AVP 0`, "a=rtpmap:0 PCMU/8000", ""].join("\r\n");
