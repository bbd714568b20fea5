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

/** What the bot is told, over whichever socket there is. What it could not be told is counted, and told as a warning. */
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

const missingOf = (messages: number): StreamEvent => ({
  type: "warning", issues: [{ path: "", message: `${messages} messages of the server could not be kept for you.` }],
});

export function createOutbox(dialect: Dialect): Outbox {
  const kept: StreamEvent[] = [];
  let sink: FrameSink | undefined;
  let untold = 0;
  const send = (frames: readonly Frame[]) => {
    for (const frame of frames) sink?.send(frame);
  };
  const tellAll = (events: readonly StreamEvent[]) => {
    for (const event of events) send(dialect.tell(event));
  };
  /** Comes where the messages are missing that it speaks of. */
  const gap = () => {
    const missing = untold;
    untold = 0;
    return missing === 0 ? [] : [missingOf(missing)];
  };
  return {
    tell(event) {
      if (isOpen(sink)) {
        if (sink.bufferedAmount < BUFFERED_BYTES) tellAll([...gap(), event]);
        else untold += 1;
        return;
      }
      // How much room there is now is told when there is a socket again.
      if (event.type === "credit") return;
      kept.push(event);
      if (kept.length <= KEPT_EVENTS) return;
      kept.shift();
      untold += 1;
    },
    attach(socket, start, credit) {
      sink = socket;
      send(dialect.open(start));
      tellAll([credit, ...gap(), ...kept.splice(0)]);
    },
    detach() {
      sink = undefined;
    },
  };
}
