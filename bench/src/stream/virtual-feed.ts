import { createMediaEngine, toneSamples, VirtualClock } from "@piopiy/server";
import type { Delay } from "./drift-figures.ts";

export const FRAME_MS = 20;
const HOST = "127.0.0.1";
/** A port that nobody listens at. */
const DISCARD = 9;
const MARKED_FRAMES = 25;

/** A bot that speaks live, frame by frame of 20 ms. */
export interface VirtualBot {
  /** When the frame with that number is made; it is delayed from then on. */
  readonly madeMs: (frame: number) => number;
  /** When it comes; not before the frame in front of it. */
  readonly comesMs: (frame: number) => number;
  readonly durationMs: number;
}

/** What a bot says in the media plane, on a clock that does not wait: how long every 25th frame takes to leave. */
export async function virtualFeed({ madeMs, comesMs, durationMs }: VirtualBot): Promise<readonly Delay[]> {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: HOST, ports: [0, 0], workers: 0, clock });
  try {
    const session = await engine.open();
    session.configure({ remote: { host: HOST, port: DISCARD }, codec: "PCMU", payloadType: 0, direction: "sendrecv" });
    const delays: Delay[] = [];
    const marked = (frame: number) => delays.push({ atMs: madeMs(frame), delayMs: clock.monotonicMs() - madeMs(frame) });
    const feed = session.feed({ live: "likely", hooks: { marked } });
    const samples = toneSamples({ frequencyHz: 440, durationMs: FRAME_MS });
    let frame = 0;
    const send = () => {
      for (; comesMs(frame) <= clock.monotonicMs(); frame++) {
        feed.push(samples);
        if (frame % MARKED_FRAMES === 0) feed.mark(frame);
      }
      clock.setTimer(comesMs(frame) - clock.monotonicMs(), send);
    };
    clock.setTimer(comesMs(0), send);
    await clock.advance(durationMs);
    feed.flush();
    return delays;
  } finally {
    await engine.close();
  }
}
