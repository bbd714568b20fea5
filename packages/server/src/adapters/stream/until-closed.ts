import type { WebSocket } from "ws";
import type { Clock } from "../../base/index.ts";
import type { StreamEnd } from "../../interpreter/index.ts";

export type Ending = Pick<StreamEnd, "by" | "code" | "reason">;

/** How long the other side may take to answer a close. */
const CLOSE_MS = 2000;
/** RFC 6455 §7.4.1: no code was received; it is never sent. */
const LOST = 1006;

/**
 * Resolves when the socket has closed. When `signal` aborts it is closed for the reason that `ours` tells, and nobody
 * waits for the other side's answer: a socket that does not give it within 2 s is destroyed.
 */
export function untilClosed(socket: WebSocket, signal: AbortSignal, clock: Clock, ours: () => Ending): Promise<Ending> {
  return new Promise((resolve) => {
    let tooLarge = false;
    socket.on("error", (failure) => {
      tooLarge ||= "code" in failure && failure.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    });
    const close = () => {
      const how = ours();
      resolve(how);
      if (how.code === LOST) return socket.terminate();
      const timer = clock.setTimer(CLOSE_MS, () => socket.terminate());
      socket.once("close", () => timer.cancel());
      return socket.close(how.code, how.reason);
    };
    socket.once("close", (code, reason) => {
      signal.removeEventListener("abort", close);
      // 1009 is for a message that is too big; the library has closed the socket with it.
      if (tooLarge) resolve({ by: "us", code: 1009, reason: "a frame is too large" });
      else resolve({ by: code === LOST ? "network" : "bot", code, reason: String(reason) });
    });
    if (signal.aborted) close();
    else signal.addEventListener("abort", close, { once: true });
  });
}
