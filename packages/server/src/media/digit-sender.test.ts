import { describe, expect, it } from "vitest";
import { tonePower } from "../audio/index.ts";
import { concatSamples } from "../base/index.ts";
import { createDigitSender } from "./digit-sender.ts";

function recorded() {
  const done: number[] = [];
  return { done, sender: createDigitSender((sending) => done.push(sending)) };
}

/** What the next `frames` frames are used for, in one letter each: Start, event, End, gap, tone, audio, nothing. */
function steps(sender: ReturnType<typeof createDigitSender>, frames: number, asEvents = true): string {
  return Array.from({ length: frames }, () => {
    const step = sender.next(asEvents ? 8000 : undefined);
    if (step?.type !== "event") return { gap: "g", tone: "t", audio: "a", nothing: "-" }[step?.type ?? "nothing"];
    return step.packet.end ? "E" : step.packet.marker ? "S" : "e";
  }).join("");
}

describe("the digit sender", () => {
  it("presses each key for 100 ms with 60 ms between keys, the repeated ends in the pause", () => {
    const { sender, done } = recorded();
    sender.add(1, "12");
    expect(steps(sender, 16)).toBe("SeeeEEEgSeeeEEEg");
    expect(done).toEqual([]);
    expect(steps(sender, 2)).toBe("--");
    expect(done).toEqual([1]);
  });

  it("leaves the audio on for 500 ms at a comma", () => {
    const { sender } = recorded();
    sender.add(1, ",5");
    expect(steps(sender, 27)).toBe(`${"a".repeat(25)}Se`);
  });

  it("makes the key's two tones when the peer takes no events", () => {
    const { sender } = recorded();
    sender.add(1, "5");
    const tone = concatSamples(Array.from({ length: 8 }, () => {
      const step = sender.next(undefined);
      return step?.type === "tone" ? step.samples : new Int16Array(0);
    }));
    expect(tone.length).toBe(1280);
    const heard = [697, 770, 852, 941, 1209, 1336, 1477, 1633].filter((hz) => tonePower(tone.subarray(0, 800), hz) > 0.01);
    expect(heard).toEqual([770, 1336]);
  });

  it("releases the key that is pressed when it is stopped, and leaves out the rest", () => {
    const { sender, done } = recorded();
    sender.add(1, "123");
    expect(steps(sender, 2)).toBe("Se");
    sender.stop(1);
    expect(steps(sender, 7)).toBe("EEEggg-");
    expect(done).toEqual([1]);
  });

  it("takes out what waits behind, when that is stopped", () => {
    const { sender, done } = recorded();
    sender.add(1, "1");
    sender.add(2, "2");
    sender.stop(2);
    expect(steps(sender, 10)).toBe("SeeeEEEg--");
    expect(done).toEqual([2, 1]);
  });
});
