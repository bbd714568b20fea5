import type { Socket } from "node:net";
import { channels, type Clock, PiopiyError, type Timer } from "../../base/index.ts";
import { createStreamFraming } from "../message/stream-framing.ts";

/** A connection without traffic is closed after this long: longer than a registration of one hour lasts. */
const IDLE_MS = 3_900_000;
/** … and much sooner as long as no message has come or gone. */
const SILENT_MS = 32_000;
/** Bytes the peer has not taken yet; a peer that does not read is given up. */
const MAX_UNSENT = 1 << 20;

export interface TcpConnection {
  /** Resolves once the bytes are handed to the system. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
  onClose(listener: () => void): void;
}

const CRLF = Buffer.from("\r\n");

/** Frames what a socket brings, answers keep-alives, and closes it when it is idle, broken or not read from. */
export function createTcpConnection(socket: Socket, clock: Clock, receive: (bytes: Uint8Array) => void): TcpConnection {
  const framing = createStreamFraming();
  let idle: Timer = clock.setTimer(SILENT_MS, () => socket.destroy());
  const used = () => {
    idle.cancel();
    if (!socket.destroyed) idle = clock.setTimer(IDLE_MS, () => socket.destroy());
  };
  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      if (socket.destroyed) reject(new PiopiyError("internal", "the connection is closed"));
      else if (socket.writableLength > MAX_UNSENT) {
        socket.destroy();
        reject(new PiopiyError("internal", "the peer does not read"));
      } else socket.write(bytes, (failure) => (failure ? reject(failure) : resolve()));
    });
  const broken = (bytes: Uint8Array) => {
    publishBroken(socket, bytes);
    // The malformed beginning may be a request that can be answered before the connection goes.
    receive(bytes);
    clock.setTimer(0, () => socket.destroySoon());
  };
  socket.on("data", (bytes) => {
    for (const frame of framing.push(bytes)) {
      if (frame.kind === "broken") broken(frame.bytes);
      // RFC 5626 §4.4.1: the pong of a double CRLF is a single one. Nobody waits for it.
      else if (frame.kind === "ping") send(CRLF).then(used, () => undefined);
      else {
        used();
        receive(frame.bytes);
      }
    }
  });
  // 'close' always follows, and is what the transactions learn from.
  socket.on("error", () => undefined);
  socket.on("close", () => idle.cancel());
  return {
    write: async (bytes) => {
      used();
      await send(bytes);
    },
    close: () => void socket.destroy(),
    onClose: (listener) => void socket.once("close", listener),
  };
}

function publishBroken(socket: Socket, bytes: Uint8Array): void {
  if (!channels.sipGarbage.hasSubscribers) return;
  const remote = `${socket.remoteAddress}:${socket.remotePort}`;
  channels.sipGarbage.publish({ remote, reason: "bad_framing", bytes: bytes.length });
}
