import { afterEach, describe, expect, it } from "vitest";
import { audible, dominantTone } from "./audio/index.ts";
import { channels, text } from "./base/index.ts";
import { host, startWorld, toneWav, until, type World } from "./server-world.test.support.ts";

const worlds: World[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** The directions that the server offers in INVITEs while `work` is under way. */
async function offered(work: () => Promise<void>): Promise<readonly string[]> {
  const directions: string[] = [];
  const watch = (published: unknown) => {
    const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
    const written = message ? text(message) : "";
    const found = /^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(written)?.[1];
    if (direction === "out" && written.startsWith("INVITE") && found !== undefined) directions.push(found);
  };
  channels.sipMessage.subscribe(watch);
  try {
    await work();
  } finally {
    channels.sipMessage.unsubscribe(watch);
  }
  return directions;
}

describe("hold", () => {
  it.each<[string, object, readonly string[]]>([
    ["is music alone", {}, ["sendrecv"]],
    ["is told to the phone where that is configured", { hold: "reinvite" }, ["sendrecv", "sendonly", "sendrecv"]],
  ])("%s", async (_, sip, expected) => {
    const world = await startWorld({ phones: 1, config: { sip: { host, udp: 0, tcp: 0, ...sip } } });
    worlds.push(world);
    await world.media("tone.wav", toneWav(620, 20_000));
    const phone = await world.phone();
    const ringing = phone.nextCall();
    const directions = await offered(async () => {
      const id = await world.call(phone.username, [{ action: "play", file_name: "tone.wav" }]);
      const call = await ringing;
      await call.hears(620);
      await world.act(id, "hold");
      await until("the music", () => {
        const last = call.heard().samples.subarray(-2400);
        return audible(last) && dominantTone(last, [620]) === undefined ? true : undefined;
      });
      await world.act(id, "unhold");
      await call.hears(620, 1000);
      await call.hangup();
      await world.ended(id);
    });
    expect(directions).toEqual(expected);
  });

  it.each([["is not there", "no-such-file.wav"], ["is no audio", "index.ts"]])("with music that %s: the server does not start, and says why", async (_, name) => {
    const config = { media: { host, ports: [0, 0], folder: import.meta.dirname, hold_music: name } };
    await expect(startWorld({ config })).rejects.toMatchObject({ code: "bad_configuration", message: expect.stringMatching(/^media\.hold_music cannot be played: /) });
  });
});
