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
  close(code: number, reason: string): void;
  /** Without a word. */
  terminate(): void;
}

export type Ending = Pick<StreamEnd, "by" | "code" | "reason">;

/** How long the other side may take to answer a close. */
const CLOSE_MS = 2000;
/** RFC 6455 §7.4.1: no code was received; it is never sent. */
const LOST = 1006;
const TOO_LARGE: Ending = { by: "us", code: 1009, reason: "a frame is too large" };

/** Resolves when the socket has closed, whoever closed it. */
export function untilClosed(socket: BotSocket): Promise<Ending> {
  return new Promise((resolve) => {
    // 1009 is for a message that is too big; the library has closed the socket with it.
    let tooLarge = false;
    socket.on("error", (failure) => {
      tooLarge ||= "code" in failure && failure.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    });
    const closed = (code: number, reason: string) => resolve(tooLarge ? TOO_LARGE : { by: code === LOST ? "network" : "bot", code, reason });
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
