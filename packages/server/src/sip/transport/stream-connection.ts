import type { Socket } from "node:net";
import { channels, type Clock, PiopiyError, type Timer } from "../../base/index.ts";
import { createStreamFraming } from "../message/stream-framing.ts";
import type { Connection } from "./connection.ts";

/** A connection without traffic is closed after this long: longer than a registration of one hour lasts. */
const IDLE_MS = 3_900_000;
/** … and much sooner as long as no message has come or gone. */
const SILENT_MS = 32_000;
/** A message that has begun has to be whole after this long: who sends it byte by byte only holds on to us. */
const MESSAGE_MS = 16_000;
/** Bytes the peer has not taken yet; a peer that does not read is given up. */
const MAX_UNSENT = 1 << 20;

const CRLF = Buffer.from("\r\n");

/** Frames what a socket brings, answers keep-alives, and closes it when it is idle, broken, slow or not read from. */
export function createStreamConnection(socket: Socket, clock: Clock, receive: (bytes: Uint8Array) => void): Connection {
  const framing = createStreamFraming();
  let idle: Timer = clock.setTimer(SILENT_MS, () => socket.destroy());
  let unfinished: Timer | undefined;
  const used = () => {
    idle.cancel();
    if (!socket.destroyed) idle = clock.setTimer(IDLE_MS, () => socket.destroy());
  };
  const send = sendOn(socket);
  const broken = (bytes: Uint8Array) => {
    publishBroken(socket, bytes);
    // The malformed beginning may be a request that can be answered before the connection goes.
    receive(bytes);
    clock.setTimer(0, () => socket.destroySoon());
  };
  socket.on("data", (bytes) => {
    for (const frame of framing.push(bytes)) {
      unfinished?.cancel();
      unfinished = undefined;
      if (frame.kind === "broken") broken(frame.bytes);
      // RFC 5626 §4.4.1: the pong of a double CRLF is a single one. Nobody waits for it.
      else if (frame.kind === "ping") send(CRLF).then(used, () => undefined);
      else {
        used();
        receive(frame.bytes);
      }
    }
    if (framing.partial && !socket.destroyed) unfinished ??= clock.setTimer(MESSAGE_MS, () => socket.destroy());
  });
  // 'close' always follows, and is what the transactions learn from.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    idle.cancel();
    unfinished?.cancel();
  });
  return {
    write: async (bytes) => {
      used();
      await send(bytes);
    },
    close: () => void socket.destroy(),
    onClose: (listener) => void socket.once("close", listener),
  };
}

const sendOn = (socket: Socket) => (bytes: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    if (socket.destroyed) reject(new PiopiyError("internal", "the connection is closed"));
    else if (socket.writableLength > MAX_UNSENT) {
      socket.destroy();
      reject(new PiopiyError("internal", "the peer does not read"));
    } else socket.write(bytes, (failure) => (failure ? reject(failure) : resolve()));
  });

function publishBroken(socket: Socket, bytes: Uint8Array): void {
  if (!channels.sipGarbage.hasSubscribers) return;
  const remote = `${socket.remoteAddress}:${socket.remotePort}`;
  channels.sipGarbage.publish({ remote, reason: "bad_framing", bytes: bytes.length });
}
