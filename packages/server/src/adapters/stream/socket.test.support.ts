import { EventEmitter } from "node:events";
import type { Frame } from "./dialect.ts";
import type { BotSocket } from "./until-closed.ts";

export interface JsonMessage {
  readonly type: string;
  readonly seq: number;
  readonly [field: string]: unknown;
}

/** A socket of these tests without a network: the test is the bot at its other end. */
export class FakeSocket extends EventEmitter implements BotSocket {
  readonly CLOSED = 3;
  readyState = 1;
  bufferedAmount = 0;
  /** Everything that was sent, in its order. */
  readonly frames: Frame[] = [];
  /** With which code and by whom it was closed. */
  closed: number | undefined;
  readonly #sent: (frame: Frame) => void;

  constructor(sent: (frame: Frame) => void = () => undefined) {
    super();
    this.#sent = sent;
  }

  get texts(): readonly JsonMessage[] {
    return this.frames.flatMap((frame) => (typeof frame === "string" ? [jsonMessage(frame)] : []));
  }

  get audio(): readonly Uint8Array[] {
    return this.frames.flatMap((frame) => (typeof frame === "string" ? [] : [frame]));
  }

  send(frame: Frame): void {
    if (this.closed !== undefined) return;
    this.frames.push(frame);
    this.#sent(frame);
  }

  /** The bot sends this. */
  says(frame: string | Uint8Array | object): void {
    if (this.closed !== undefined) return;
    if (frame instanceof Uint8Array) this.emit("message", Buffer.from(frame), true);
    else this.emit("message", Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), false);
  }

  /** The bot closes it, or is lost. */
  gone(code: number): void {
    this.#close(code);
  }

  close(code: number): void {
    queueMicrotask(() => this.#close(code));
  }

  terminate(): void {
    this.#close(1006);
  }

  ping(): void {
    this.emit("pong");
  }

  #close(code: number): void {
    if (this.closed !== undefined) return;
    this.closed = code;
    this.readyState = this.CLOSED;
    this.emit("close", code, Buffer.alloc(0));
  }
}

export const jsonMessage = (frame: string): JsonMessage => JSON.parse(frame);
