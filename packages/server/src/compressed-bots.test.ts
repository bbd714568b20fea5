import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cut } from "./adapters/cut.test.support.ts";
import { mp3Reservoir } from "./audio/mp3-reservoir.test.data.ts";
import { opusTone, vorbisStereo } from "./audio/ogg-tone.test.data.ts";
import { startBot, type Bot } from "./bot.test.support.ts";
import { receivedBy } from "./received.test.support.ts";
import { startWorld, toneWav, until, type World } from "./server-world.test.support.ts";

// Bots that send compressed audio, on real calls.

const toneHz = 1000;
const promptHz = 500;

let world: World;
const bots: Bot[] = [];
beforeAll(async () => {
  world = await startWorld({ phones: 4, workers: 1, phoneWorkers: 1 });
  await Promise.all([world.media("voice.opus", opusTone), world.media("prompt.wav", toneWav(promptHz, 2500))]);
});
afterAll(async () => {
  await until("the end of every call", () => world.server.calls() === 0 || undefined);
  await world.close();
  for (const bot of bots) await bot.close();
});

/**
 * What a phone receives of a bot that says this, message by message, and closes. What it says waits for a prompt, and is
 * decoded meanwhile: whether a machine decodes it as fast as it is heard is another question.
 */
async function heard(type: "mp3" | "ogg", messages: readonly Uint8Array[]) {
  const [phone, server] = await Promise.all([world.phone(), startBot()]);
  bots.push(server);
  const [dialled, rings] = [server.call(), phone.nextCall()];
  const id = await world.call(phone.username, [{ action: "stream", ws_url: server.url }, { action: "play", file_name: "prompt.wav" }]);
  const [bot, call] = await Promise.all([dialled, rings]);
  const received = receivedBy(call, [toneHz, promptHz]);
  await received.hears(promptHz, 100);
  for (const message of messages) bot.say(message, type);
  bot.socket.close(1000);
  await call.ended;
  const { timeline } = await world.ended(id);
  expect(timeline.filter((entry) => entry.type === "warning")).toEqual([]);
  return received;
}

describe.concurrent("a bot that sends", () => {
  it.each([
    ["MP3 that was cut anywhere is heard without a gap", "mp3", cut(mp3Reservoir, [701, 333, 1009]), 1180],
    ["Opus that was cut anywhere is heard without a gap", "ogg", cut(opusTone, [500, 99]), 400],
    ["a Vorbis file after the other is heard without a gap", "ogg", [vorbisStereo, vorbisStereo, vorbisStereo], 580],
  ] as const)("%s", async (_, type, messages, ms) => {
    const received = await heard(type, messages);
    // A gap would have been filled with what fades out of the tone, or be missing.
    expect(Math.abs(received.ms(toneHz) - ms)).toBeLessThanOrEqual(20);
  });
});

describe("a flow", () => {
  it("plays an Ogg file", async () => {
    const phone = await world.phone();
    const rings = phone.nextCall();
    await world.call(phone.username, [{ action: "play", file_name: "voice.opus" }]);
    const call = await rings;
    const received = receivedBy(call, [toneHz, promptHz]);
    await call.ended;
    expect(Math.abs(received.ms(toneHz) - 400)).toBeLessThanOrEqual(60);
  });
});
