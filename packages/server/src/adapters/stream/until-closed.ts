import type { RawData } from "ws";
import { text, type Clock } from "../../base/index.ts";
import type { StreamEnd } from "../../interpreter/index.ts";
import type { FrameSink } from "./bot-stream-outbox.ts";
import type { Pinged } from "./keepalive.ts";

/** What a stream uses of a WebSocket that is open. */
export interface BotSocket extends FrameSink, Pinged {
  readonly CLOSED: number;
  on(event: "message", listener: (data: RawData, isBinary: boolean) => void): unknown;
  on(event: "pong", listener: () => void): unknown;
  on(event: "error", listener: (failure: Error) => void): unknown;
  once(event: "close", listener: (code: number, reason: Uint8Array) => void): unknown;
  close(code: number, reason?: string): void;
  /** Without a word. */
  terminate(): void;
}

export type Ending = Pick<StreamEnd, "by" | "code" | "reason">;

/** How long the other side may take to answer a close. */
const CLOSE_MS = 2000;
/** RFC 6455 §7.4.1: no code was received; it is never sent. */
const LOST = 1006;
/** RFC 6455 §7.4.1: what the library closes a socket with for a frame that is not allowed. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [1002, "a frame is not allowed"],
  [1003, "a frame is not allowed"],
  [1007, "a text is not UTF-8"],
  [1009, "a frame is too large"],
]);

/**
 * Resolves when the socket has closed, whoever closed it. `refusing`: called when it is about to be closed because of
 * what came, while there may still be something sent.
 */
export function untilClosed(socket: BotSocket, refusing: () => void): Promise<Ending> {
  return new Promise((resolve) => {
    let refusal: Ending | undefined;
    let failed = false;
    socket.on("error", (failure) => {
      failed ||= "code" in failure && String(failure.code).startsWith("WS_ERR_");
    });
    // The library closes such a socket itself, and tells that only afterwards.
    const close = socket.close.bind(socket);
    socket.close = (code, reason) => {
      const why = REFUSALS.get(code);
      if (why !== undefined) {
        refusal = { by: "us", code, reason: why };
        refusing();
      }
      close(code, reason);
    };
    const closed = (code: number, reason: string) => {
      if (failed && refusal) resolve(refusal);
      else resolve({ by: code === LOST ? "network" : "bot", code, reason });
    };
    // It may have closed before anybody looked.
    if (socket.readyState === socket.CLOSED) closed(LOST, "");
    else socket.once("close", (code, reason) => closed(code, text(reason)));
  });
}

/** Closes the socket. Nobody waits for the other side's answer: a socket that does not get it within 2 s is destroyed. */
export function closeSocket(socket: BotSocket, { code, reason }: Ending, clock: Clock): void {
  if (socket.readyState === socket.CLOSED) return;
  if (code === LOST) return socket.terminate();
  const timer = clock.setTimer(CLOSE_MS, () => socket.terminate());
  socket.once("close", () => timer.cancel());
  return socket.close(code, reason);
}
