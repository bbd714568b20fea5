import { setRepeating, type Clock } from "../../base/index.ts";

const EVERY_MS = 20_000;

export interface Pinged {
  ping(): void;
  on(event: "pong", listener: () => void): unknown;
}

/**
 * RFC 6455 §5.5.2: pings the other side every 20 s. Calls `lost` when it has not answered the ping before: an address
 * that has vanished sends no close. Returns how to stop.
 */
export function keepAlive(socket: Pinged, clock: Clock, lost: () => void): () => void {
  let answered = true;
  socket.on("pong", () => {
    answered = true;
  });
  const timer = setRepeating(clock, EVERY_MS, () => {
    if (!answered) return lost();
    answered = false;
    return socket.ping();
  });
  return () => timer.cancel();
}
