import type { WebSocket } from "ws";
import type { Clock } from "../base/clock.ts";
import { deferred } from "./turns.ts";
import type { Frame } from "./wire.ts";

/** One socket, from its upgrade to its end. */
export interface Connection {
  readonly protocol: string;
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  send(frame: Frame): void;
  /** Begins the closing handshake (RFC 6455 §7.1.2); a peer that does not answer within 5 s is cut off. */
  close(code: number, reason: string): void;
  /** Who gets what comes from now on; what came before that is handed over at once. */
  serve(listener: ConnectionListener): void;
}

export interface ConnectionListener {
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** It is over, and nothing else comes. 1006: it broke. */
  closed(code: number): void;
}

/** A peer that has not answered to two pings is gone. */
const pingMs = 20_000;
const closeMs = 5000;

export function openConnection(socket: WebSocket, clock: Clock): Connection {
  const early: ((listener: ConnectionListener) => void)[] = [];
  let listener: ConnectionListener | undefined;
  const tell = (event: (to: ConnectionListener) => void) => (listener ? event(listener) : void early.push(event));
  const stopPinging = keepAlive(socket, clock);
  const gone = deferred<void>();
  let cutOff: { cancel(): void } | undefined;
  socket.on("message", (data: Buffer, isBinary) => tell((to) => (isBinary ? to.binary(data) : to.text(data.toString()))));
  socket.on("error", () => socket.terminate()); // followed by `close`
  socket.once("close", (code) => {
    stopPinging();
    cutOff?.cancel();
    tell((to) => to.closed(code));
    gone.resolve();
  });
  return {
    protocol: socket.protocol, closed: gone.promise,
    send: (frame) => socket.send(frame),
    close(code, reason) {
      socket.close(code, reason);
      cutOff ??= clock.setTimer(closeMs, () => socket.terminate());
    },
    serve(next) {
      listener = next;
      for (const event of early.splice(0)) event(next);
    },
  };
}

/** Finds out that a peer is gone although its connection was never closed. */
function keepAlive(socket: WebSocket, clock: Clock): () => void {
  let unanswered = 0;
  const alive = () => void (unanswered = 0);
  socket.on("pong", alive);
  socket.on("message", alive);
  const ping = () => {
    if (unanswered === 2) return socket.terminate();
    unanswered += 1;
    if (socket.readyState === socket.OPEN) socket.ping();
    timer = clock.setTimer(pingMs, ping);
    return undefined;
  };
  let timer = clock.setTimer(pingMs, ping);
  return () => timer.cancel();
}
