import { PiopiyAbortedError, PiopiyConnectionError } from "../errors.ts";
import { createWaiting } from "./turns.ts";

/** One frame on a socket: text or binary. */
export type Frame = string | Uint8Array;

/** The way to the server, over the sockets that a stream has one after the other. */
export interface Wire {
  readonly attached: boolean;
  /** Sends it, or keeps it until there is a socket again: at most 256 frames. */
  send(frame: Frame): void;
  json(message: Readonly<Record<string, unknown>>): void;
  /** Resolves when there is a socket; rejects with the signal's reason. */
  ready(signal: AbortSignal): Promise<void>;
  /** There is a socket: `first` is sent, then what was kept. */
  attach(send: (frame: Frame) => void, first?: readonly Frame[]): void;
  detach(): void;
  /** Nothing is sent any more; `send` throws this. */
  close(reason: PiopiyAbortedError): void;
}

const mostKept = 256;

export function createWire(): Wire {
  const kept: Frame[] = [];
  const waiting = createWaiting();
  let socket: ((frame: Frame) => void) | undefined;
  let closed: PiopiyAbortedError | undefined;
  const send = (frame: Frame) => {
    if (closed) throw closed;
    if (socket) return socket(frame);
    if (kept.length === mostKept) {
      throw new PiopiyConnectionError(`The connection is lost, and ${mostKept} messages wait for it to come back: send no more until "resumed".`);
    }
    kept.push(frame);
    return undefined;
  };
  return {
    get attached() {
      return socket !== undefined;
    },
    send,
    json: (message) => send(JSON.stringify(message)),
    async ready(signal) {
      signal.throwIfAborted();
      if (socket) return;
      await waiting.next(signal);
      signal.throwIfAborted();
    },
    attach(write, first = []) {
      socket = write;
      for (const frame of [...first, ...kept.splice(0)]) write(frame);
      waiting.wake();
    },
    detach() {
      socket = undefined;
    },
    close(reason) {
      closed ??= reason;
      socket = undefined;
      kept.length = 0;
    },
  };
}
