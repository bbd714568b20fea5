import { audible, dominantTone, toneSamples, toneSpans, type Phone, type PhoneCall } from "@piopiy/server";
import { RestClient, StreamAction } from "piopiy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pcmBytes, startBot } from "../packages/server/dist/bot.test.support.js";
import { receivedBy } from "../packages/server/dist/received.test.support.js";
import { everyAction } from "./actions/main.ts";
import { main as basicCall } from "./basic-call/main.ts";
import { main as fiveArguments } from "./five-arguments/main.ts";
import { main as getInput } from "./get-input/main.ts";
import { main as multipleNumbers } from "./multiple-numbers/main.ts";
import { main as pcmoCall } from "./pcmo-call/main.ts";
import { main as quickStart } from "./quick-start/main.ts";
import { app, callerId, heardMs, music, startRealServer, type RealServer } from "./real-server.test.support.ts";
import { main as streaming } from "./streaming/main.ts";

// The samples as they are published, against our own server: real SIP, real RTP, real phones.

const tones = { music, alice: 440, bob: 880 } as const;
const all: readonly number[] = Object.values(tones);

let server: RealServer;
beforeAll(async () => {
  server = await startRealServer(20);
});
afterAll(() => server.close());

interface Parties {
  readonly to: Phone;
  readonly second?: Phone;
  readonly third?: Phone;
}

/** What a sample reads from the environment. */
const environment = ({ to, second, third }: Parties) => ({
  PIOPIY_APPID: app.appid, PIOPIY_TOKEN: app.token, PIOPIY_BASE_URL: server.url, PIOPIY_FROM: callerId, PIOPIY_TO: to.username,
  PIOPIY_FILE_URL: `${server.web}/music.wav`, PIOPIY_WEBHOOK_URL: `${server.web}/digits`, PIOPIY_STREAM_URL: "wss://127.0.0.1:9/stream",
  ...(second && { PIOPIY_SECOND: second.username }), ...(third && { PIOPIY_THIRD: third.username }),
});

const ringing = (phone: Phone) => new Promise<{ readonly from: string }>((resolve) => phone.events.on("ringing", resolve));
const onlyTone = (samples: Int16Array | undefined) => [...new Set(toneSpans(samples ?? new Int16Array(), all).map(({ frequencyHz }) => frequencyHz))];

/** Both say their tone until each has heard the other; then nobody has heard himself. */
async function talk(alice: PhoneCall, bob: PhoneCall): Promise<void> {
  alice.sendTone(tones.alice);
  bob.sendTone(tones.bob);
  await Promise.all([alice.hears(tones.bob), bob.hears(tones.alice)]);
  expect(bob.heard().tones(all)).toEqual([tones.alice]);
  expect(alice.heard().tones(all)).not.toContain(tones.alice);
}

describe.concurrent("against a real server", () => {
  it("quick-start connects two numbers, and hanging up one ends the other", async () => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const [rings, picksUp, otherPicksUp] = [ringing(to), to.nextCall(), second.nextCall()];
    const { request_id } = await quickStart(environment({ to, second }));
    const [alice, bob] = await Promise.all([picksUp, otherPicksUp]);
    expect(await rings).toMatchObject({ from: callerId });
    await talk(alice, bob);
    await alice.hangup();
    expect(await bob.ended).toMatchObject({ reason: "completed", who: "peer" });
    const record = await server.ended(request_id);
    expect(record).toMatchObject({ cause: "completed", legs: [{ leg: "a", to: to.username }, { leg: "b", to: second.username }], recordings: [] });
  });

  it("get-input plays the file and posts exactly the digits that are pressed", async () => {
    const to = await server.phone();
    const picksUp = to.nextCall();
    const { request_id } = await getInput(environment({ to }));
    const alice = await picksUp;
    await alice.hears(tones.music);
    await alice.press("907");
    await alice.ended;
    const record = await server.ended(request_id);
    const cmiuuid = record.legs[0]!.cmiuuid;
    expect(server.posted.filter((body) => body["cmiuuid"] === cmiuuid)).toEqual([
      { from: Number(callerId), to: Number(to.username), dtmf: "907", cmiuuid, cmuuid: cmiuuid, event_id: expect.any(String), sequence: expect.any(Number) },
    ]);
    expect(record.cause).toBe("completed");
  });

  it("basic-call connects two numbers and records what they say", async () => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const [picksUp, otherPicksUp] = [to.nextCall(), second.nextCall()];
    const { request_id } = await basicCall(environment({ to, second }));
    const [alice, bob] = await Promise.all([picksUp, otherPicksUp]);
    await talk(alice, bob);
    // The call as a whole is recorded, and the talk of both: each says so when its file is there.
    const started = async () => (await server.record(request_id)).timeline.filter(({ type }) => type === "recording.started").length;
    while ((await started()) < 2) await alice.hears(tones.bob, 100);
    await Promise.all([alice.hears(tones.bob), bob.hears(tones.alice)]);
    await bob.hangup();
    await alice.ended;
    const recordings = await server.recordings(await server.ended(request_id));
    expect(recordings).toHaveLength(2);
    for (const [said, heard] of recordings) expect([onlyTone(said), onlyTone(heard)]).toEqual([[tones.alice], [tones.bob]]);
  });

  it("pcmo-call plays the file, and the recording holds it", async () => {
    const to = await server.phone();
    const picksUp = to.nextCall();
    const { request_id } = await pcmoCall(environment({ to }));
    const alice = await picksUp;
    const received = receivedBy(alice, all);
    alice.sendTone(tones.alice);
    expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
    expect(received.ms(tones.music)).toBeGreaterThan(450);
    const [[said, heard] = []] = await server.recordings(await server.ended(request_id));
    expect([onlyTone(said), onlyTone(heard)]).toEqual([[tones.alice], [tones.music]]);
    expect(heardMs(toneSpans(heard!, all), tones.music)).toBeGreaterThan(450);
  });

  it("multiple-numbers connects to the first that answers", async () => {
    const [to, second, third] = await Promise.all([server.phone(), server.phone({ answering: { do: "busy" } }), server.phone()]);
    const [picksUp, secondRings, thirdPicksUp] = [to.nextCall(), ringing(second), third.nextCall()];
    const { request_id } = await multipleNumbers(environment({ to, second, third }));
    const [alice, bob] = await Promise.all([picksUp, thirdPicksUp]);
    await secondRings;
    await talk(alice, bob);
    await alice.hangup();
    const record = await server.ended(request_id);
    expect(record.legs.map(({ to, cause }) => [to, cause])).toEqual([[to.username, "completed"], [second.username, "busy"], [third.username, "completed"]]);
  });

  it("five-arguments plays the file and then connects to the second number", async () => {
    const [to, second] = await Promise.all([server.phone(), server.phone()]);
    const [picksUp, otherPicksUp] = [to.nextCall(), second.nextCall()];
    const { request_id } = await fiveArguments(environment({ to, second }));
    const alice = await picksUp;
    const received = receivedBy(alice, all);
    await talk(alice, await otherPicksUp);
    await (await otherPicksUp).hangup();
    await alice.ended;
    expect([...new Set(received.spans().map(({ frequencyHz }) => frequencyHz))]).toEqual([tones.music, tones.bob]);
    expect(received.ms(tones.music)).toBeGreaterThan(450);
    expect(await server.ended(request_id)).toMatchObject({ cause: "completed" });
  });

  it("streaming connects a bot, who hears the call and speaks on it with what the SDK builds", async () => {
    const [to, bot] = await Promise.all([server.phone(), startBot()]);
    const [picksUp, dialled] = [to.nextCall(), bot.call()];
    const { request_id } = await streaming({ ...environment({ to }), PIOPIY_STREAM_URL: bot.url });
    const [alice, said] = await Promise.all([picksUp, dialled]);
    alice.sendTone(tones.alice);
    const words = Buffer.from(pcmBytes(toneSamples({ frequencyHz: tones.bob, durationMs: 5000 }))).toString("base64");
    const talk = new StreamAction();
    said.socket.send(talk.playStream({ audio_base64: words, audio_type: "raw", sample_rate: 8000 }));
    await alice.hears(tones.bob);
    said.socket.send(talk.interrupt());
    await said.hears(100);
    expect(onlyTone(said.heard())).toEqual([tones.alice]);
    said.socket.send(talk.hangup().PCMO());
    expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
    const record = await server.ended(request_id);
    const { data } = record.timeline.find(({ type }) => type === "stream.closed") ?? {};
    expect(data).toMatchObject({ by: "us", receivedMs: 5000, droppedMs: 0, unsentMs: 0 });
    expect(data?.["playedMs"]).toBeLessThan(4000);
    await bot.close();
  });

  it("actions performs every action in its order", async () => {
    const [to, second, third] = await Promise.all([server.phone(), server.phone({ answering: { do: "reject" } }), server.phone()]);
    const [picksUp, thirdPicksUp] = [to.nextCall(), third.nextCall()];
    const env = environment({ to, second, third });
    const flow = everyAction(env).PCMO();
    const client = new RestClient(app.appid, app.token, { baseUrl: server.url });
    const { request_id } = await client.voice.call(to.username, callerId, flow);
    const alice = await picksUp;
    // The file is heard twice: on its own, and as the question that the first digits answer.
    await alice.hears(tones.music, 450);
    await alice.hears(tones.music, 100);
    await alice.press("123");
    await alice.press("4567");
    const bob = await thirdPicksUp;
    await talk(alice, bob);
    await bob.hangup();
    expect(await alice.ended).toMatchObject({ reason: "completed", who: "peer" });
    const record = await server.ended(request_id);
    const posted = server.posted.filter((body) => body["cmiuuid"] === record.legs[0]?.cmiuuid);
    expect(posted.map(({ dtmf, extra_params }) => [dtmf, extra_params])).toEqual([["123", "name"], ["4567", "name"]]);
    expect(spokenMs(alice)).toBeGreaterThan(700);
    const finished = record.timeline.filter(({ type }) => type === "action.finished").map(({ data }) => data?.["action"]);
    expect(finished).toEqual(["record", "param", "speak", "play", "play_get_input", "input", "stream", "bridge", "hangup"]);
    expect(record.timeline.some(({ type }) => type === "action.failed")).toBe(false);
    const recordings = await server.recordings(record);
    expect(recordings.flatMap((channels) => channels.flatMap((channel) => onlyTone(channel)))).toEqual(expect.arrayContaining([tones.alice, tones.bob]));
  });
});

/** How long something was heard before the music that is no tone. */
function spokenMs(call: PhoneCall): number {
  const { samples } = call.heard();
  const before = samples.subarray(0, (call.heard().spans(all)[0]?.fromMs ?? 0) * 8);
  const frames = Array.from({ length: before.length / 160 }, (_, at) => before.subarray(at * 160, at * 160 + 160));
  return frames.filter((frame) => audible(frame) && dominantTone(frame, all) === undefined).length * 20;
}
