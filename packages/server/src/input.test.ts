import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { receivedBy } from "./received.test.support.ts";
import { startReceiver, startWorld, toneWav, until, type Receiver, type World } from "./server-world.test.support.ts";

// The options of play_get_input and input, on real calls.

const tones = { prompt: 1000, after: 1300 } as const;
const all: readonly number[] = Object.values(tones);
const after = { action: "play", file_name: "after.wav" };

let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(() => ({ body: "" }));
  world = await startWorld({ phones: 10, workers: 1, phoneWorkers: 1 });
  await Promise.all([world.media("prompt.wav", toneWav(tones.prompt, 300)), world.media("after.wav", toneWav(tones.after, 600))]);
});
afterAll(async () => {
  await world.close();
  await hooks.close();
});

/** A phone that answers a call with an action that collects digits, then a tone. */
async function asked(path: string, action: object) {
  const phone = await world.phone();
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, [{ action_url: `${hooks.url}${path}`, ...action }, after]);
  const call = await ringing;
  const received = receivedBy(call, all);
  // Keys count from the start of the action that asks for them.
  await until("the action", async () => (await world.record(id)).timeline.find(({ type }) => type === "action.started"));
  return { id, call, received };
}

const posted = (path: string) => hooks.received.filter((request) => request.path === path).map(({ body }) => body["dtmf"]);

describe.concurrent("play_get_input", () => {
  it("plays its file as often as max_retry says when no key is pressed, posts nothing, and the flow goes on", async () => {
    const { id, call, received } = await asked("/silent", { action: "play_get_input", file_name: "prompt.wav", max_digit: 3, max_retry: 2, timeout: 1 });
    await call.hears(tones.after);
    await world.ended(id);
    expect(received.ms(tones.prompt)).toBeGreaterThan(2 * 300 - 80);
    expect(received.ms(tones.prompt)).toBeLessThan(2 * 300 + 80);
    expect(posted("/silent")).toEqual([]);
  });

  it("takes a key in a later round, and stops the file with it", async () => {
    const { call, received } = await asked("/later", { action: "play_get_input", file_name: "prompt.wav", max_digit: 1, max_retry: 3, timeout: 1 });
    await call.hears(tones.prompt);
    await call.hears(tones.prompt);
    await call.press("5");
    await call.hears(tones.after);
    expect(posted("/later")).toEqual(["5"]);
    expect(received.ms(tones.prompt)).toBeLessThan(3 * 300 - 40);
  });

  it("is done at once when max_digit keys were pressed", async () => {
    const { call } = await asked("/two", { action: "play_get_input", file_name: "prompt.wav", max_digit: 2, timeout: 30 });
    await call.hears(tones.prompt, 100);
    await call.press("78");
    await call.hears(tones.after);
    expect(posted("/two")).toEqual(["78"]);
  });
});

describe.concurrent("input", () => {
  it("waits timeout seconds after the last key, and posts what there is", async () => {
    const { call } = await asked("/short", { action: "input", max_digit: 4, min_digit: 2, timeout: 1 });
    await call.press("12");
    await call.hears(tones.after);
    expect(posted("/short")).toEqual(["12"]);
  });

  it("takes fewer keys than min_digit for none", async () => {
    const { call } = await asked("/few", { action: "input", max_digit: 4, min_digit: 2, timeout: 1 });
    await call.press("1");
    await call.hears(tones.after);
    expect(posted("/few")).toEqual([]);
  });

  it("ends with finish_on_key, which is not posted", async () => {
    const { call } = await asked("/key", { action: "input", max_digit: 9, timeout: 30, finish_on_key: "*" });
    await call.press("42*");
    await call.hears(tones.after);
    expect(posted("/key")).toEqual(["42"]);
  });
});
