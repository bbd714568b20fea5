import type { Dialect, Frame, StreamEvent, StreamStart } from "./dialect.ts";

/** The part of a socket that frames are sent over. */
export interface FrameSink {
  send(frame: Frame): void;
  /** Bytes that were given to `send` and have not left. */
  readonly bufferedAmount: number;
  readonly readyState: number;
}

/** It takes frames: what is sent while it is closing, or later, is lost without a word. */
export const isOpen = (sink: FrameSink | undefined): sink is FrameSink => sink?.readyState === 1;

/** What the bot is told, over whichever socket there is. */
export interface Outbox {
  /** Sends it, or keeps it for the next socket: the last 256 events. */
  tell(event: StreamEvent): void;
  /** Opens the stream on a socket: how much room there is comes first, then what was kept. */
  attach(sink: FrameSink, start: StreamStart, credit: StreamEvent): void;
  detach(): void;
}

const KEPT_EVENTS = 256;
/** A bot that does not read for so long has lost more than events: what more it is told would only grow here. */
const BUFFERED_BYTES = 1 << 20;

export function createOutbox(dialect: Dialect): Outbox {
  const kept: StreamEvent[] = [];
  let sink: FrameSink | undefined;
  const send = (frames: readonly Frame[]) => {
    for (const frame of frames) sink?.send(frame);
  };
  return {
    tell(event) {
      if (isOpen(sink)) {
        if (sink.bufferedAmount < BUFFERED_BYTES) send(dialect.tell(event));
        return;
      }
      // How much room there is now is told when there is a socket again.
      if (event.type === "credit") return;
      kept.push(event);
      if (kept.length > KEPT_EVENTS) kept.shift();
    },
    attach(socket, start, credit) {
      sink = socket;
      send(dialect.open(start));
      for (const event of [credit, ...kept.splice(0)]) send(dialect.tell(event));
    },
    detach() {
      sink = undefined;
    },
  };
}
