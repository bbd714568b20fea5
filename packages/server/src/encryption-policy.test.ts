import { afterEach, describe, expect, it } from "vitest";
import { channels, text } from "./base/index.ts";
import { CallNotAnswered, type PhoneOptions } from "./phone/index.ts";
import { app, startWorld, until, type World } from "./server-world.test.support.ts";

const worlds: World[] = [];
const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  for (const world of worlds.splice(0)) await world.close();
});

async function newWorld(config: Readonly<Record<string, unknown>>): Promise<World> {
  const world = await startWorld({ phones: 2, config });
  worlds.push(world);
  return world;
}

/** The m= lines and the Warnings of everything that is sent and received. */
function watched() {
  const offers: string[] = [];
  const warnings: string[] = [];
  const watch = (published: unknown) => {
    const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
    const written = message ? text(message) : "";
    const protocol = /^m=audio \d+ (\S+)/m.exec(written)?.[1];
    if (direction === "out" && written.startsWith("INVITE ")) offers.push(protocol ?? "none");
    const warning = /^Warning: (.*)$/im.exec(written)?.[1];
    if (direction === "out" && warning !== undefined) warnings.push(warning);
  };
  channels.sipMessage.subscribe(watch);
  stops.push(() => channels.sipMessage.unsubscribe(watch));
  return { offers, warnings };
}

const sdes = { keys: "sdes", suite: "AES_CM_128_HMAC_SHA1_80" };

/** What becomes of a call of a phone to a number of the server: its audio as the record tells it, or the status. */
async function called(world: World, own: Partial<PhoneOptions>) {
  const phone = await world.phone(own);
  try {
    await (await phone.call("15550001")).hangup();
  } catch (failure) {
    if (failure instanceof CallNotAnswered) return failure.cause;
    throw failure;
  }
  return await until("the record", async () => {
    const { calls: [first] }: { readonly calls: readonly { readonly call_id: string }[] } = JSON.parse(await (await world.get("/calls")).text());
    const record = first && (await world.record(first.call_id));
    return record?.status === "ended" ? { media: Object(record.legs[0]?.media).encryption } : undefined;
  });
}

/** What becomes of a call of the server to a phone. */
async function calls(world: World, own: Partial<PhoneOptions>) {
  const phone = await world.phone(own);
  const record = await world.ended(await world.call(phone.username, [{ action: "hangup" }]));
  return { cause: record.cause, media: Object(record.legs[0]?.media).encryption };
}

const answers = (media: object) => ({ media, numbers: [{ number: "15550001", app: app.appid, pcmo: [{ action: "input", action_url: "http://127.0.0.1:9/", timeout: 9 }] }] });

describe("a phone that calls without TLS", () => {
  it.each([
    ["nothing told, with SRTP", {}, "required", { media: sdes }, []],
    ["nothing told, without SRTP", {}, "off", { media: null }, []],
    ["off, with SRTP", { encryption: "off" }, "required", { sipStatus: 488 }, ["not taken here"]],
    ["required, without SRTP", { encryption: "required" }, "off", { sipStatus: 488 }, ["taken over TLS alone"]],
    ["required, with SRTP", { encryption: "required" }, "required", { sipStatus: 488 }, ["taken over TLS alone"]],
    ["required, with keys that may be read", { encryption: "required", sdes_without_tls: true }, "required", { media: sdes }, []],
    ["required, keys may be read, without SRTP", { encryption: "required", sdes_without_tls: true }, "off", { sipStatus: 488 }, ["Only encrypted audio"]],
  ] as const)("%s", async (_, media, encryption, outcome, why) => {
    const { warnings } = watched();
    const world = await newWorld(answers(media));
    expect(await called(world, { encryption })).toMatchObject(outcome);
    expect(warnings).toEqual(why.map((part) => expect.stringContaining(part)));
  });
});

describe("a phone that is called without TLS", () => {
  it.each([
    ["nothing told: no key is told", {}, "optional", { media: null }, ["RTP/AVP"]],
    ["keys may be read", { sdes_without_tls: true }, "optional", { media: sdes }, ["RTP/SAVP"]],
    ["keys may be read, and it does without", { sdes_without_tls: true }, "off", { media: null }, ["RTP/SAVP", "RTP/AVP"]],
    ["off", { encryption: "off" }, "optional", { media: null }, ["RTP/AVP"]],
    ["required: it is not called at all", { encryption: "required" }, "required", { cause: "encryption_failed" }, []],
    ["required, and it does without", { encryption: "required", sdes_without_tls: true }, "off", { cause: "failed" }, ["RTP/SAVP"]],
  ] as const)("%s", async (_, media, encryption, outcome, protocols) => {
    const { offers } = watched();
    const world = await newWorld({ media });
    expect(await calls(world, { encryption })).toMatchObject(outcome);
    expect(offers).toEqual(protocols);
  });
});
