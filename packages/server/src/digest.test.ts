import { afterEach, expect, it } from "vitest";
import { channels, text } from "./base/index.ts";
import { host, startWorld, toneWav, until, type World } from "./server-world.test.support.ts";

// Phones at a started server: how they prove their passwords (RFC 7616, RFC 8760), and what is told of them.

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

/** The algorithms that challenges ask for and answers were made by, in order, until the returned function is called. */
function algorithmsSeen(): () => readonly string[] {
  const seen = new Set<string>();
  const listener = (told: unknown) => {
    if (typeof told !== "object" || told === null || !("message" in told) || !(told.message instanceof Uint8Array)) return;
    for (const [, header, algorithm] of text(told.message).matchAll(/^(WWW-Authenticate|Authorization): Digest .*algorithm=([\w-]+)/gm)) seen.add(`${header} ${algorithm}`);
  };
  channels.sipMessage.subscribe(listener);
  return () => {
    channels.sipMessage.unsubscribe(listener);
    return [...seen];
  };
}

it.each([
  ["MD5 alone, unless told otherwise", undefined, ["WWW-Authenticate MD5", "Authorization MD5"]],
  ["SHA-256 before MD5", ["SHA-256", "MD5"], ["WWW-Authenticate SHA-256", "WWW-Authenticate MD5", "Authorization SHA-256"]],
  ["SHA-256 alone", ["SHA-256"], ["WWW-Authenticate SHA-256", "Authorization SHA-256"]],
])("a phone registers and calls by %s", async (_, digest, expected) => {
  const number = "918000000001";
  const numbers = [{ number, pcmo: [{ action: "play", file_name: "short.wav" }] }];
  world = await startWorld({ phones: 1, config: { numbers, sip: { host, udp: 0, tcp: 0, ...(digest && { digest }) } } });
  await world.media("short.wav", toneWav(440, 100));
  const seen = algorithmsSeen();
  const phone = await world.phone();
  expect(await (await phone.call(number)).ended).toEqual({ reason: "completed", who: "peer" });
  expect(seen()).toEqual(expected);
});

it("a registration is told once, whatever comes of it", async () => {
  const told: unknown[] = [];
  const listener = (one: unknown) => void told.push(one);
  channels.sipRegistration.subscribe(listener);
  world = await startWorld({ phones: 1 });
  const phone = await world.phone();
  await phone.close();
  await until("the phone has gone", async () => told.length >= 2 || undefined);
  channels.sipRegistration.unsubscribe(listener);
  const contact: unknown = expect.stringMatching(/^sip:\d+@127\.0\.0\.1:\d+$/);
  const username: unknown = expect.stringMatching(/^\d+$/);
  expect(told).toEqual([
    { username, contact, change: "added", expiresSeconds: expect.any(Number) },
    { username, contact, change: "removed", expiresSeconds: 0 },
  ]);
});
