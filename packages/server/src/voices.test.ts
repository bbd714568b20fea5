import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeMp3, tonesPresent, toneSpans } from "./audio/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { receivedBy } from "./received.test.support.ts";
import { heardMs, startWorld, toneWav, type CallRecord, type World } from "./server-world.test.support.ts";

const tones = { alice: 440, beep: 1000, after: 1300, long: 620 } as const;
const all: readonly number[] = Object.values(tones);
const after = { action: "play", file_name: "after.wav" };

let world: World;
beforeAll(async () => {
  world = await startWorld({ phones: 20, workers: 1, phoneWorkers: 1 });
  await world.media("after.wav", toneWav(tones.after, 500));
});
afterAll(() => world.close());

async function answered(pcmo: readonly unknown[]) {
  const phone = await world.phone();
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, pcmo);
  const call = await ringing;
  return { id, call, received: receivedBy(call, all) };
}
/** So much of a call has gone by, by its media. */
async function passed(leg: PhoneCall["leg"], durationMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    let samples = 0;
    const stop = leg.audio.tap(({ sent }) => {
      samples += sent.length;
      if (samples < durationMs * 8) return;
      stop();
      resolve();
    });
  });
}
const finished = (record: CallRecord, action: string) =>
  record.timeline.find(({ type, data }) => type === "action.finished" && data?.["action"] === action)?.data;

describe.concurrent("a message", () => {
  it.each(["wav", "mp3"])("in %s is taken after a beep until a key, and what follows is heard", async (format) => {
    const { id, call, received } = await answered([{ action: "record", format, beep: true, finish_on_key: "#", max_length: 20 }, after]);
    await received.hears(tones.beep, 100);
    const quiet = call.sendTone(tones.alice);
    // Much more than is to be found of it: a busy machine leaves some out.
    await passed(call.leg, 2500);
    quiet();
    await call.press("1#");
    await call.ended;
    const record = await world.ended(id);
    const [recording] = record.recordings;
    expect(finished(record, "record")).toMatchObject({ recording: recording?.recording_id, ended: "finish_on_key", format });
    expect(recording).toMatchObject({ status: "completed", duration_ms: expect.any(Number) });
    const response = await world.get(recording?.url ?? "");
    expect(response.headers.get("content-type")).toBe(format === "mp3" ? "audio/mpeg" : "audio/wav");
    const samples = format === "mp3" ? (await decodeMp3(new Uint8Array(await response.arrayBuffer()))).samples : (await world.recording(record))[0]!;
    expect(heardMs(toneSpans(samples, all), tones.alice)).toBeGreaterThan(600);
    // Neither the beep nor what came after the message is on it.
    expect(tonesPresent(samples, [tones.beep, tones.after])).toEqual([]);
    expect(received.ms(tones.after)).toBeGreaterThan(400);
  });

  it("ends when the caller says nothing more", async () => {
    const { id, call } = await answered([{ action: "record", silence_timeout: 1 }, after]);
    await call.ended;
    const record = await world.ended(id);
    expect(finished(record, "record")).toMatchObject({ ended: "silence" });
    expect(record.recordings[0]?.duration_ms).toBeGreaterThanOrEqual(1000);
    expect(record.recordings[0]?.duration_ms).toBeLessThan(2000);
  });

  it("is complete when the caller hangs up", async () => {
    const { id, call } = await answered([{ action: "record", format: "mp3", max_length: 20 }]);
    call.sendTone(tones.alice);
    await passed(call.leg, 800);
    await call.hangup();
    const record = await world.ended(id);
    expect(record.recordings).toMatchObject([{ status: "completed", channels: "mono" }]);
    expect(record.timeline.map(({ type }) => type)).toContain("recording.finished");
  });
});

describe.concurrent("a long file from the network", () => {
  it("is heard before it is all there", async () => {
    const file = toneWav(tones.long, 60_000);
    let rest: () => void = () => undefined;
    const server = createServer((_, response) => {
      response.writeHead(200).write(file.subarray(0, 700_000));
      rest = () => response.end(file.subarray(700_000));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/long.wav`;
    const { id, call } = await answered([{ action: "play", file_url: url }]);
    await call.hears(tones.long, 500);
    rest();
    await call.hangup();
    expect(finished(await world.ended(id), "play")).toMatchObject({ kind: "file", complete: false, heardMs: expect.any(Number) });
    server.closeAllConnections();
    server.close();
  });
});

describe.concurrent("speech", () => {
  it("of malformed SSML is heard, with a warning on the timeline", async () => {
    const { id, call } = await answered([{ action: "speak", text: "<speak>Hello <b>there</speak>" }, after]);
    await call.ended;
    const record = await world.ended(id);
    expect(record.timeline.find(({ type }) => type === "warning")?.data).toMatchObject({ warning: "speech" });
    expect(finished(record, "speak")).toMatchObject({ kind: "speech", complete: true });
  });

  it("in a language that nobody here has is an error on the timeline, and the flow goes on", async () => {
    const { id, call, received } = await answered([{ action: "speak", text: "Hello", language: "xx" }, after]);
    await call.ended;
    const record = await world.ended(id);
    expect(record.timeline.find(({ type }) => type === "action.failed")?.data).toMatchObject({ code: "speech_failed", next: "next_action" });
    expect(received.ms(tones.after)).toBeGreaterThan(400);
  });
});
