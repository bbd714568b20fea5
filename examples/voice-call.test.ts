import type { PhoneCall } from "@piopiy/server";
import { Action, PiopiyAuthenticationError, PiopiyNotFoundError, PiopiyValidationError, RestClient, type CallOptions } from "piopiy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { app, callerId, heardMs, music, startRealServer, type RealServer } from "./real-server.test.support.ts";

const tones = { music, alice: 440, bob: 880 } as const;
const all: readonly number[] = Object.values(tones);

let server: RealServer;
let client: RestClient;
beforeAll(async () => {
  server = await startRealServer(40);
  client = new RestClient(app.appid, app.token, { baseUrl: server.url });
});
afterAll(() => server.close());

const file = () => `${server.web}/music.wav`;
const waiting = () => new Action().input(`${server.web}/digits`, { max_digit: 1, timeout: 30 });

async function heardBoth(alice: PhoneCall, bob: PhoneCall): Promise<void> {
  alice.sendTone(tones.alice);
  bob.sendTone(tones.bob);
  await Promise.all([alice.hears(tones.bob), bob.hears(tones.alice)]);
  expect(bob.heard().tones(all)).toEqual([tones.alice]);
}

describe.concurrent("voice.call", () => {
  it.each<[string, (number: string) => string | number]>([
    ["a number", (number) => Number(number)],
    ["a number as people write it", (number) => `+${number.slice(0, 2)} (${number.slice(2, 6)}) ${number.slice(6)}`],
  ])("connects to %s", async (_, written) => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const picksUp = [to.nextCall(), second.nextCall()] as const;
    const { request_id } = await client.voice.call(written(to.username), callerId, written(second.username));
    const [alice, bob] = await Promise.all(picksUp);
    await heardBoth(alice, bob);
    await bob.hangup();
    expect(await alice.ended).toMatchObject({ who: "peer" });
    expect((await server.ended(request_id)).cause).toBe("completed");
  });

  it("connects to the first of a list that answers, in its order", async () => {
    const [to, busy, silent, third] = await Promise.all([
      server.phone(), server.phone({ answering: { do: "busy" } }), server.phone({ answering: { do: "ring" } }), server.phone(),
    ]);
    const picksUp = [to.nextCall(), third.nextCall()] as const;
    const numbers = [busy.username, silent.username, third.username];
    const { request_id } = await client.voice.call(to.username, callerId, numbers, { timeout: 1 });
    const [alice, bob] = await Promise.all(picksUp);
    await heardBoth(alice, bob);
    await alice.hangup();
    const legs = (await server.ended(request_id)).legs.filter(({ leg }) => leg === "b");
    expect(legs.map(({ to, cause }) => [to, cause])).toEqual([[busy.username, "busy"], [silent.username, "no_answer"], [third.username, "completed"]]);
  });

  it.each<[string, (action: Action) => Action | ReturnType<Action["PCMO"]>]>([
    ["a PCMO", (action) => action.PCMO()],
    ["an Action", (action) => action],
  ])("performs %s", async (_, target) => {
    const to = await server.phone();
    const picksUp = to.nextCall();
    const { request_id } = await client.voice.call(to.username, callerId, target(new Action().playMusic(file()).hangup()));
    const call = await picksUp;
    await call.ended;
    expect(heardMs(call.heard().spans(all), tones.music)).toBeGreaterThan(300);
    const finished = (await server.ended(request_id)).timeline.filter(({ type }) => type === "action.finished");
    expect(finished.map(({ data }) => data?.["action"])).toEqual(["play", "hangup"]);
  });

  it.each<[string, (action: Action) => Action | ReturnType<Action["PCMO"]>]>([
    ["a PCMO", (action) => action.PCMO()],
    ["an Action", (action) => action],
  ])("with five arguments performs %s and then connects", async (_, flow) => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const picksUp = [to.nextCall(), second.nextCall()] as const;
    const { request_id } = await client.voice.call(to.username, callerId, second.username, flow(new Action().playMusic(file())), { duration: 20 });
    const [alice, bob] = await Promise.all(picksUp);
    await heardBoth(alice, bob);
    await bob.hangup();
    await alice.ended;
    expect([...new Set(alice.heard().spans(all).map(({ frequencyHz }) => frequencyHz))]).toEqual([tones.music, tones.bob]);
    expect((await server.ended(request_id)).cause).toBe("completed");
  });

  it.each<[string, CallOptions, "ring" | "busy" | "answer", string]>([
    ["timeout", { timeout: 1 }, "ring", "no_answer"],
    ["duration", { duration: 1 }, "answer", "duration"],
  ])("keeps to %s", async (_, options, does, cause) => {
    const to = await server.phone({ answering: { do: does } });
    const { request_id } = await client.voice.call(to.username, callerId, waiting(), options);
    expect((await server.ended(request_id)).cause).toBe(cause);
  });

  it("tries as often as loop says", async () => {
    const to = await server.phone({ answering: { do: "busy" } });
    const { request_id } = await client.voice.call(to.username, callerId, waiting(), { loop: 3 });
    const record = await server.ended(request_id);
    expect([record.cause, record.legs.map(({ cause }) => cause)]).toEqual(["busy", ["busy", "busy", "busy"]]);
  });

  it("dials once for one idempotency key", async () => {
    const to = await server.phone();
    let calls = 0;
    to.events.on("call", () => (calls += 1));
    const options = { idempotencyKey: "an-order-of-these-tests" };
    const call = () => client.voice.call(to.username, callerId, new Action().playMusic(file()), options);
    const [first, second] = [await call(), await call()];
    expect(second.request_id).toBe(first.request_id);
    await server.ended(first.request_id);
    expect(calls).toBe(1);
  });
});

describe.concurrent("voice.hangup", () => {
  const upCall = async () => {
    const to = await server.phone();
    const picksUp = to.nextCall();
    const { request_id } = await client.voice.call(to.username, callerId, waiting());
    return { request_id, call: await picksUp };
  };

  it.each(["the request id", "the leg's id"] as const)("ends a call by %s, and knows it no more", async (by) => {
    const { request_id, call } = await upCall();
    const id = by === "the request id" ? request_id : (await server.record(request_id)).legs[0]!.cmiuuid;
    expect(await client.voice.hangup(id)).toMatchObject({ code: 200 });
    expect(await call.ended).toMatchObject({ who: "peer" });
    expect((await server.ended(request_id)).cause).toBe("completed");
    await expect(client.voice.hangup(id)).rejects.toBeInstanceOf(PiopiyNotFoundError);
  });

  it("by the id of a second leg ends that leg alone", async () => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const picksUp = [to.nextCall(), second.nextCall()] as const;
    const flow = new Action().call(callerId, second.username, { duration: 20, timeout: 10 }).playMusic(file());
    const { request_id } = await client.voice.call(to.username, callerId, flow);
    const [alice, bob] = await Promise.all(picksUp);
    await heardBoth(alice, bob);
    const { legs } = await server.record(request_id);
    await client.voice.hangup(legs.find(({ leg }) => leg === "b")!.cmiuuid);
    expect(await bob.ended).toMatchObject({ who: "peer" });
    await alice.ended;
    expect(heardMs(alice.heard().spans(all), tones.music)).toBeGreaterThan(100);
    expect((await server.ended(request_id)).cause).toBe("completed");
  });
});

describe.concurrent("what the server refuses", () => {
  it("is an authentication error for a wrong token", async () => {
    const stranger = new RestClient(app.appid, "a guess", { baseUrl: server.url });
    const refused = await stranger.voice.call(919_200_000_001, callerId, waiting()).catch((failure: unknown) => failure);
    expect(refused).toBeInstanceOf(PiopiyAuthenticationError);
    expect(refused).toMatchObject({ status: 401, body: { code: 420 }, message: expect.not.stringContaining("a guess") });
  });

  it("is a validation error with the server's pointers", async () => {
    const to = await server.phone();
    const options = { idempotencyKey: "the-same-for-two-requests" };
    await client.voice.call(to.username, callerId, new Action().playMusic(file()), options);
    const refused = await client.voice.call(to.username, callerId, waiting(), options).catch((failure: unknown) => failure);
    expect(refused).toBeInstanceOf(PiopiyValidationError);
    expect(refused).toMatchObject({ status: 422, issues: [{ path: "", message: expect.stringContaining("a new request needs a new key") }] });
  });
});
