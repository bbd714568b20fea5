import { isUtf8 } from "node:buffer";
import type { RawData, WebSocket } from "ws";
import { type Clock, PiopiyError, setRepeating, type Timer } from "../../base/index.ts";
import type { Connection } from "./connection.ts";

/** RFC 7118 §6: how often the peer is asked whether it is there; not an answer in between, and it is gone. */
const PING_MS = 30_000;
/** A connection on which no message has come closes after this long. */
const SILENT_MS = 32_000;
/** Bytes the peer has not taken yet; a peer that does not read is given up. */
const MAX_UNSENT = 1 << 20;

/** One frame, one message (RFC 7118 §4.2); text or binary, as it comes. */
export function createWebSocketConnection(socket: WebSocket, clock: Clock, receive: (bytes: Uint8Array) => void): Connection {
  let alive = true;
  let silent: Timer | undefined = clock.setTimer(SILENT_MS, () => socket.terminate());
  const pings = setRepeating(clock, PING_MS, () => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  });
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      if (socket.readyState !== socket.OPEN) reject(new PiopiyError("internal", "the connection is closed"));
      else if (socket.bufferedAmount > MAX_UNSENT) {
        socket.terminate();
        reject(new PiopiyError("internal", "the peer does not read"));
      // Browsers read text: whatever can be told as text is.
      } else socket.send(bytes, { binary: !isUtf8(bytes) }, (failure) => (failure ? reject(failure) : resolve()));
    });
  socket.on("message", (data) => {
    alive = true;
    const bytes = bytesOf(data);
    // RFC 5626 §4.4.1, as browsers' stacks do it over WebSocket too: a double CRLF asks for a single one.
    if (isCrlf(bytes)) {
      if (bytes.length === 4) write(Buffer.from("\r\n")).catch(() => undefined);
      return;
    }
    silent?.cancel();
    silent = undefined;
    receive(bytes);
  });
  socket.on("pong", () => {
    alive = true;
  });
  // 'close' always follows.
  socket.on("error", () => undefined);
  socket.once("close", () => {
    pings.cancel();
    silent?.cancel();
  });
  return {
    write,
    close: () => socket.terminate(),
    onClose: (listener) => void socket.once("close", listener),
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

const isCrlf = (bytes: Uint8Array): boolean =>
  bytes.length <= 4 && bytes.every((byte, at) => byte === (at % 2 === 0 ? 0x0d : 0x0a));
