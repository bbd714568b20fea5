import { parseFlow } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { preparePrompts } from "./compose-prompts.ts";
import type { NumberConfig } from "./config/index.ts";

function flow(...actions: readonly object[]) {
  const parsed = parseFlow(actions);
  if (!parsed.ok) throw new Error("the flow is wrong");
  return parsed.value;
}

const play = (name: string) => ({ action: "play", file_name: name });
const numbers: readonly NumberConfig[] = [
  { number: "1", pcmo: flow(play("a.wav"), { action: "speak", text: "Hello" }, play("https://example.com/b.wav"), play("a.wav")) },
  { number: "2", answer_url: "https://example.com/answer", fallback_pcmo: flow(play("c.wav")) },
  { number: "3", pcmo: flow({ ...play("d.wav"), action: "play_get_input", action_url: "https://example.com/digits" }, play("e.wav")) },
  { number: "4", answer_url: "https://example.com/answer" },
];

/** The names that were prepared, in turn: those whose size is given, while others cannot be decoded. */
async function prepared(bytes: Readonly<Record<string, number>>, mostBytes?: number, { signal, abort } = ending()) {
  const asked: string[] = [];
  let running = 0;
  await preparePrompts(numbers, async (name) => {
    running += 1;
    expect(running).toBe(1);
    asked.push(name);
    await Promise.resolve();
    running -= 1;
    if (name === "c.wav") abort();
    const size = bytes[name];
    if (size === undefined) throw new Error("no audio");
    return size;
  }, signal, mostBytes);
  return asked;
}

/** A signal that ends nothing, or on the second file. */
function ending(ends = false) {
  const life = new AbortController();
  return { signal: life.signal, abort: () => ends && life.abort() };
}

describe("what configured numbers play", () => {
  it("is decoded ahead: each file of the media folder once, one after the other", async () => {
    expect(await prepared({ "a.wav": 1, "c.wav": 1, "d.wav": 1, "e.wav": 1 })).toEqual(["a.wav", "c.wav", "d.wav", "e.wav"]);
  });

  it("is decoded ahead whatever cannot be", async () => {
    expect(await prepared({ "d.wav": 1 })).toEqual(["a.wav", "c.wav", "d.wav", "e.wav"]);
  });

  it("takes no more memory than it may, but for the last file", async () => {
    expect(await prepared({ "a.wav": 60, "c.wav": 60, "d.wav": 60, "e.wav": 60 }, 100)).toEqual(["a.wav", "c.wav"]);
  });

  it("is left alone once the server is closed", async () => {
    expect(await prepared({ "a.wav": 1, "c.wav": 1, "d.wav": 1 }, undefined, ending(true))).toEqual(["a.wav", "c.wav"]);
  });
});
