import { afterEach, describe, expect, it } from "vitest";
import { channels, text } from "./base/index.ts";
import { host, startWorld, toneWav, type World } from "./server-world.test.support.ts";

const worlds: World[] = [];
const unwatch: (() => void)[] = [];
afterEach(async () => {
  for (const stop of unwatch.splice(0)) stop();
  for (const world of worlds.splice(0)) await world.close();
});

/** A server that listens on every address, a phone on this machine, and the INVITEs that are sent. */
async function everywhere(more: { readonly sip?: object; readonly media?: object } = {}) {
  const invites: string[] = [];
  const watch = (published: unknown) => {
    const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
    const written = message ? text(message) : "";
    if (direction === "out" && written.startsWith("INVITE")) invites.push(written);
  };
  channels.sipMessage.subscribe(watch);
  unwatch.push(() => channels.sipMessage.unsubscribe(watch));
  const config = { sip: { host: "0.0.0.0", udp: 0, tcp: 0, ...more.sip }, media: { host: "0.0.0.0", ports: [0, 0], ...more.media } };
  const world = await startWorld({ phones: 1, config });
  worlds.push(world);
  await world.media("tone.wav", toneWav(620, 2000));
  const at = world.server.sip.find(({ transport }) => transport === "udp")!;
  return { world, invites, phone: await world.phone({ server: { ...at, host } }) };
}

describe("a server that listens everywhere", () => {
  it("names the address by which it is reached, and is heard", async () => {
    const { world, invites, phone } = await everywhere();
    const ringing = phone.nextCall();
    const id = await world.call(phone.username, [{ action: "play", file_name: "tone.wav" }]);
    const call = await ringing;
    await call.hears(620);
    await call.hangup();
    await world.ended(id);
    expect(invites.join()).toMatch(/^c=IN IP4 127\.0\.0\.1\r$/m);
    expect(invites.join()).toMatch(/^Contact: <sip:\d+@127\.0\.0\.1:/m);
    expect(invites.join()).not.toContain("0.0.0.0");
  });

  it("names what it is told to", async () => {
    const { world, invites, phone } = await everywhere({ sip: { advertise: "sip.example.com" }, media: { advertise: "198.51.100.7" } });
    const ringing = new Promise((resolve) => phone.events.on("ringing", resolve));
    phone.answering = { do: "ring" };
    const id = await world.call(phone.username, [{ action: "hangup" }], { timeout: 1 });
    await ringing;
    await world.ended(id);
    expect(invites.join()).toMatch(/^c=IN IP4 198\.51\.100\.7\r$/m);
    expect(invites.join()).toMatch(/^Via: SIP\/2\.0\/UDP sip\.example\.com:/m);
    expect(invites.join()).toMatch(/^Contact: <sip:\d+@sip\.example\.com:/m);
    expect(invites.join()).toMatch(/^From: <sip:\d+@sip\.example\.com>/m);
  });
});
