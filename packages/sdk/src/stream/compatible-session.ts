import { compatibleActs } from "./acts.ts";
import { createCompatibleSpeaker } from "./compatible-speaker.ts";
import type { Connection } from "./connection.ts";
import { createCore } from "./core.ts";
import { unknownFacts } from "./facts.ts";
import { frameSamples, framing, type Framing } from "./framing.ts";
import { isProper, type RunningSession, type SessionOptions } from "./running.ts";
import type { StreamEnd, StreamSession } from "./session.ts";
import type { SampleRate } from "./source.ts";

export interface CompatibleOptions extends SessionOptions {
  /** Undefined: told by the size of the first frame. */
  readonly sampleRate: SampleRate | undefined;
  /** Called before anything of the call is handed over. */
  readonly begin: (running: RunningSession) => void;
}

/** A session on a socket where nothing is told but audio. It is over when the socket is. */
export function compatibleSession(connection: Connection, { url, clock, sampleRate: known, failed, begin }: CompatibleOptions): void {
  const core = createCore(clock, (error) => failed(error, session));
  const { wire } = core;
  wire.attach((frame) => connection.send(frame));
  const speaker = createCompatibleSpeaker({ clock, wire });
  core.onEnd(() => speaker.over());
  let asked = false;
  let rate: SampleRate = known ?? 8000;
  let frames: Framing | undefined;
  const acts = compatibleActs(wire);
  const stop = () => {
    acts.stop();
    asked = true;
  };
  const session: StreamSession = {
    ...core.acts(url, speaker, { ...acts, stop }, () => rate),
    ...unknownFacts,
    get sampleRate() {
      return rate;
    },
  };
  const end = (reason: StreamEnd["reason"]) => core.end({ reason, totals: undefined });
  begin({
    session,
    end(reason, code) {
      connection.close(code, reason);
      end(reason);
    },
  });
  connection.serve({
    // Nothing is said as text; what a platform may say nevertheless is none of ours.
    text: () => undefined,
    binary(bytes) {
      if (!frames) {
        if (known === undefined && bytes.length === frameSamples(16_000) * 2) rate = 16_000;
        frames = framing(rate);
      }
      for (const frame of frames.push(bytes)) core.heard(frame);
    },
    closed(code) {
      end(asked ? "stopped" : isProper(code) ? "closed" : "lost");
    },
  });
}
