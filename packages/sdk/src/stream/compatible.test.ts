import { afterEach, describe, expect, it } from "vitest";
import { dial, ramp, startBot } from "./fake-server.test.support.ts";
import { bytesOf } from "./framing.ts";
import type { StreamServerOptions } from "./index.ts";

// A session of the compatible form, over real sockets.

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function talk(options: Partial<StreamServerOptions> = {}) {
  const bot = await startBot(options);
  closing.push(() => bot.server.close());
  const server = await dial(`${bot.url}call/42?user=7`);
  closing.push(() => server.socket.terminate());
  return { bot, server, session: await bot.session() };
}

const streamAudio = (samples: Int16Array, sampleRate = 8000) =>
  ({ type: "streamAudio", data: { audioDataType: "raw", sampleRate, audioData: Buffer.from(bytesOf(samples)).toString("base64") } });

describe("a compatible stream", () => {
  it("is known by its address alone", async () => {
    const { session } = await talk();
    expect(session).toMatchObject({ protocol: "compatible", url: "/call/42?user=7", sampleRate: 8000, resumed: false });
    expect([session.callId, session.from, session.parameters, session.query.get("user")]).toEqual([undefined, undefined, undefined, "7"]);
  });

  it.each([
    [undefined, 320, 160, 8000], [undefined, 640, 320, 16_000], [16_000, 320, 320, 16_000], [8000, 640, 160, 8000],
  ] as const)("with the option %s and first frames of %i bytes: frames of %i samples at %i", async (sampleRate, bytes, samples, rate) => {
    const { server, session } = await talk(sampleRate ? { sampleRate } : {});
    const frame = new Promise<Int16Array>((resolve) => void session.onAudio(resolve));
    server.raw(new Uint8Array(bytes));
    server.raw(new Uint8Array(bytes));
    expect((await frame).length).toBe(samples);
    expect(session.sampleRate).toBe(rate);
  });

  it("plays, and works out by the clock what was heard", async () => {
    const { server, session } = await talk();
    const results = Promise.all([session.play(ramp(400)), session.play(ramp(320), { sampleRate: 16_000 }), session.mark()]);
    await server.until(() => server.texts.length === 2);
    expect(server.texts).toEqual([streamAudio(ramp(400)), streamAudio(ramp(320), 16_000)]);
    expect(await results).toEqual([
      { utterance: 1, heardMs: 50, complete: true, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: false },
      { utterance: 2, heardMs: 20, complete: true, skippedMs: 0, underrunMs: 0, droppedMs: 0, exact: false },
      true,
    ]);
  });

  it("stops what is heard, and sends nothing of what waits", async () => {
    const { server, session } = await talk();
    const stop = new AbortController();
    const results = [session.play(ramp(80_000)), session.play(ramp(160), { signal: stop.signal }), session.play(ramp(240))];
    const mark = session.mark("end");
    await server.next("streamAudio");
    stop.abort();
    expect(await results[1]).toMatchObject({ utterance: 2, heardMs: 0, complete: false });
    const cleared = await session.clear();
    await server.until(() => server.texts.some(({ action }) => action === "break"));
    expect(cleared).toMatchObject({ utterances: [{ utterance: 1 }, { utterance: 3, heardMs: 0 }], marks: ["end"] });
    expect(await results[0]).toMatchObject({ complete: false, exact: false });
    expect(await mark).toBe(false);
    const next = session.play(ramp(160));
    await server.until(() => server.texts.at(-1)!["type"] === "streamAudio");
    expect(server.texts.findLast(({ type }) => type === "streamAudio")).toEqual(streamAudio(ramp(160)));
    expect(await next).toMatchObject({ utterance: 4, heardMs: 20, complete: true });
  });

  it("asks the call for what it can do, and says what it cannot", async () => {
    const { server, session } = await talk();
    session.flow([{ action: "speak", text: "Hello." }]);
    session.hangup("busy");
    session.transfer(919_000_000_001, { from: 918_000_000_000, timeout: 20 });
    session.pause("listening");
    session.resume("listening");
    session.stop();
    await server.until(() => server.texts.length === 6);
    expect(server.texts).toEqual([
      [{ action: "speak", text: "Hello." }],
      [{ action: "hangup", cause: "busy" }],
      [{ action: "bridge", from: 918_000_000_000, connect: [{ type: "pstn", number: 919_000_000_001 }], duration: 5400, timeout: 20, loop: 1 }],
      { action: "pause" }, { action: "resume" }, { action: "stop" },
    ]);
    for (const wrong of [() => session.sendDigits("1"), () => session.pause(), () => session.transfer(919_000_000_001)]) {
      expect(wrong).toThrow(expect.objectContaining({ code: "validation" }));
    }
    server.socket.close(1000);
    expect(await session.ended).toEqual({ reason: "stopped", totals: undefined });
  });

  it.each([["closed", 1000], ["lost", undefined]])("ends as %s", async (reason, code) => {
    const { server, session } = await talk();
    const playing = session.play(ramp(8000));
    await server.next("streamAudio");
    if (code) server.socket.close(code);
    else server.socket.terminate();
    expect(await session.ended).toEqual({ reason, totals: undefined });
    expect(await playing).toMatchObject({ complete: false, exact: false });
  });
});
