import { audible, tonePower, toneSamples, type AudioCodec } from "../audio/index.ts";
import { concatSamples, seededIds, VirtualClock, type Ids } from "../base/index.ts";
import { CoreSession } from "./core-session.ts";
import type { MediaParameters } from "./engine.ts";
import { createShaper, type Faults, type Shaper } from "../shaper.test.support.ts";

// Sessions of the engine on both sides of a bad network in memory: minutes of calls in a second, the same each time.

/** One end of a call, with what came to it. */
export interface End {
  readonly session: CoreSession;
  readonly hz: number;
  /** The tone is said. */
  talking: boolean;
  /** The keys that were pressed at the other end. */
  digits(): string;
  /** What the party said, as a recording and those who are joined with it get it. */
  recorded(): Int16Array;
  /** As those who listen ahead of the jitter buffer get it. */
  listened(): Int16Array;
  press(digits: string): void;
}

export interface BadNetwork {
  readonly clock: VirtualClock;
  /** A call: a phone and the server's end of it, which are linked by a network with these faults both ways. Keys are events (RFC 4733) or tones. */
  call(phoneHz: number, serverHz: number, options?: { readonly asEvents?: boolean; readonly codec?: AudioCodec }): { readonly phone: End; readonly server: End };
  readonly shapers: readonly Shaper[];
  run(ms: number): Promise<void>;
}

const FRAME_MS = 20;

export function badNetwork(seed: number, faults: Faults): BadNetwork {
  const clock = new VirtualClock();
  const ids = seededIds(seed);
  const ends: (End & { turn(): void; send(): void })[] = [];
  const shapers: Shaper[] = [];
  const linked = (near: number, parameters: MediaParameters, hz: number, to: () => End | undefined) => {
    const shaper = createShaper(clock, ids, faults);
    shapers.push(shaper);
    const end = newEnd(ends.length, hz, parameters, clock, ids, (packet) => {
      const copy = packet.slice();
      shaper.carry(() => to()?.session.datagram(copy, "127.0.0.1", near, clock.monotonicMs()));
    });
    ends.push(end);
    return end;
  };
  return {
    clock,
    shapers,
    call(phoneHz, serverHz, { asEvents = true, codec = "PCMU" } = {}) {
      const parameters = (port: number): MediaParameters => ({
        remote: { host: "127.0.0.1", port }, codec, payloadType: 111, ...(asEvents && { telephoneEventPayloadType: 101 }), direction: "sendrecv",
      });
      const phone: End = linked(4000, parameters(5000), phoneHz, () => server);
      const server: End = linked(5000, parameters(4000), serverHz, () => phone);
      return { phone, server };
    },
    async run(ms) {
      for (let passed = 0; passed < ms; passed += FRAME_MS) {
        await clock.advance(FRAME_MS);
        for (const end of ends) end.turn();
        for (const end of ends) end.send();
      }
    },
  };
}

function newEnd(id: number, hz: number, parameters: MediaParameters, clock: VirtualClock, ids: Ids, send: (packet: Uint8Array) => void) {
  const recorded: Int16Array[] = [];
  const listened: Int16Array[] = [];
  const second = toneSamples({ frequencyHz: hz, durationMs: 1000 });
  let digits = "";
  let at = 0;
  const session = new CoreSession(id, {
    ids,
    tell: (report) => void (report.type === "digit" && (digits += report.event.digit)),
    samples: {
      heard: (_, frame) => void listened.push(frame.slice()),
      tapped: (_, received) => void recorded.push(received.slice()),
      relay: () => undefined,
    },
    send,
    sendControl: () => undefined,
  });
  session.configure(parameters, clock.monotonicMs());
  session.tap(5, 1);
  session.listen(true, clock.monotonicMs());
  session.playout.add(1, "tone");
  const end = {
    session,
    hz,
    talking: true,
    digits: () => digits,
    recorded: () => concatSamples(recorded),
    listened: () => concatSamples(listened),
    press: (keys: string) => session.digits.add(1, keys),
    turn() {
      const nowMs = clock.monotonicMs();
      if (end.talking) session.playout.append(1, second.subarray(at, at + 160), nowMs);
      at = (at + 160) % second.length;
      session.receive(nowMs, nowMs);
    },
    send: () => session.send(clock.monotonicMs()),
  };
  return end;
}

const WINDOW = 1600;
/** A jump where something was lost spreads a part of a tone's energy. */
const LEAST_SHARE = 0.4;

/** When (ms) a window of 200 ms did not hold the tone, from the first to the last; none: it was intelligible throughout. */
export function windowsWithout(hz: number, samples: Int16Array): readonly number[] {
  const without: number[] = [];
  for (let at = 0; at + WINDOW <= samples.length; at += 160) {
    const window = samples.subarray(at, at + WINDOW);
    if (!audible(window) || tonePower(window, hz) < LEAST_SHARE) without.push(at / 8);
  }
  return without;
}
