import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { g711, tonePower, toneSamples } from "../../audio/index.ts";
import { concatSamples } from "../../base/index.ts";
import type { Dialect, Frame, StreamEvent, StreamStart } from "./dialect.ts";
import { sidOf } from "./twilio-sid.ts";
import { twilioDialect } from "./twilio.ts";

const start: StreamStart = {
  streamId: "01890f3e-7d1a-4c22-9c1b-0a2b3c4d5e6f",
  call: {
    callId: "11111111-2222-4333-8444-555555555555", legId: "99999999-2222-4333-8444-555555555555",
    appid: "7654321", from: "15550100", to: "15550101", direction: "inbound",
  },
  parameters: { customer: "42", "größe": "ü" },
  listenMode: "caller",
  sampleRateHz: 8000,
  limits: { queueMs: 60_000, messageBytes: 2 << 20 },
};
const stream = "MZ01890f3e7d1a4c229c1b0a2b3c4d5e6f";
const call = "CA11111111222243338444555555555555";
const account = "AC00000000000000000000000007654321";

const totals = { sentMs: 40, unsentMs: 0, receivedMs: 0, playedMs: 0, droppedMs: 0 };
const json = (frames: readonly Frame[]): readonly unknown[] => frames.map((frame) => JSON.parse(String(frame)));
/** A dialect that has opened its stream. */
function opened(listenMode: StreamStart["listenMode"] = "caller"): Dialect {
  const dialect = twilioDialect();
  dialect.open({ ...start, listenMode });
  return dialect;
}

describe("what a bot of the dialect is sent", () => {
  it("are the documented messages, in their order and numbered", () => {
    const dialect = twilioDialect();
    const frames = [
      ...dialect.open(start),
      dialect.audio(new Int16Array(160), 0),
      dialect.audio(new Int16Array(160).fill(32_767), 160),
      ...dialect.tell({ type: "dtmf", digit: "#" }),
      ...dialect.tell({ type: "mark", name: "item_1:400", reached: true }),
      ...dialect.tell({ type: "stop", reason: "call_ended", totals }),
    ];
    expect(json(frames)).toEqual([
      { event: "connected", protocol: "Call", version: "1.0.0" },
      {
        event: "start",
        sequenceNumber: "1",
        start: {
          accountSid: account, streamSid: stream, callSid: call, tracks: ["inbound"],
          mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
          customParameters: { customer: "42", "größe": "ü" },
        },
        streamSid: stream,
      },
      { event: "media", sequenceNumber: "2", media: { track: "inbound", chunk: "1", timestamp: "0", payload: `${"////".repeat(53)}/w==` }, streamSid: stream },
      { event: "media", sequenceNumber: "3", media: { track: "inbound", chunk: "2", timestamp: "20", payload: `${"gICA".repeat(53)}gA==` }, streamSid: stream },
      { event: "dtmf", sequenceNumber: "4", dtmf: { track: "inbound_track", digit: "#" }, streamSid: stream },
      { event: "mark", sequenceNumber: "5", mark: { name: "item_1:400" }, streamSid: stream },
      { event: "stop", sequenceNumber: "6", stop: { accountSid: account, callSid: call }, streamSid: stream },
    ]);
  });

  it("of what its messages cannot say is nothing, and leaves no hole in the numbers", () => {
    const dialect = opened();
    const untold: readonly StreamEvent[] = [
      { type: "played", utterance: undefined, heardMs: 20, complete: true, skippedMs: 0, underrunMs: 0, droppedMs: 0 },
      { type: "cleared", utterances: [{ utterance: undefined, heardMs: 20 }], marks: ["a"] },
      { type: "underrun", utterance: undefined, missedMs: 20, count: 1 },
      { type: "credit", queuedMs: 0, freeMs: 60_000 },
      { type: "overflow", utterance: undefined },
      { type: "warning", issues: [{ path: "", message: "" }] },
    ];
    expect(untold.flatMap((event) => dialect.tell(event))).toEqual([]);
    expect(json(dialect.tell({ type: "dtmf", digit: "1" }))).toMatchObject([{ sequenceNumber: "2" }]);
  });

  it("tells of a mark that was cleared as of one that was reached", () => {
    expect(json(opened().tell({ type: "mark", name: "x", reached: false }))).toMatchObject([{ event: "mark", mark: { name: "x" } }]);
  });

  it.each([["caller", "inbound"], ["callee", "outbound"], ["both", "inbound"]] as const)("with listen_mode %s is the %s track", (mode, track) => {
    const dialect = twilioDialect();
    expect(json(dialect.open({ ...start, listenMode: mode }))[1]).toMatchObject({ start: { tracks: [track] } });
    expect(JSON.parse(String(dialect.audio(new Int16Array(160), 0)))).toMatchObject({ media: { track } });
  });
});

describe("what a bot of the dialect sends", () => {
  const tone = toneSamples({ frequencyHz: 1000, durationMs: 100 });
  const payload = Buffer.from(g711.PCMU.encode(tone)).toString("base64");
  const read = (message: unknown) => opened().read(typeof message === "string" ? message : JSON.stringify(message));

  it("as media is µ-law to be played", () => {
    const [request, ...more] = read({ event: "media", streamSid: stream, media: { payload } });
    expect(more).toEqual([]);
    if (request?.type !== "audio") throw new Error("no audio was read");
    const { bytes, form } = request.audio;
    expect(form).toBe("mulaw");
    expect(tonePower(g711.PCMU.decode(bytes), 1000)).toBeGreaterThan(0.98);
    // Nothing of it may be left out to catch up: it is sent faster than it is heard.
    expect(request.live ?? false).toBe(false);
    // And of a long sentence that comes at once, what is too much is its end.
    expect(opened().drops).toBe("newest");
  });

  it.each<[string, unknown, unknown]>([
    ["a mark", { event: "mark", streamSid: stream, mark: { name: "done:1" } }, { type: "mark", name: "done:1" }],
    ["clear", { event: "clear", streamSid: stream }, { type: "clear" }],
    ["clear that names no stream", { event: "clear" }, { type: "clear" }],
    ["media of no length", { event: "media", media: { payload: "" } }, { type: "audio", audio: { form: "mulaw", bytes: Buffer.alloc(0) } }],
    ["media without padding", { event: "media", media: { payload: "/w" } }, { type: "audio", audio: { form: "mulaw", bytes: Buffer.of(0xff) } }],
  ])("as %s is read", (_, message, expected) => {
    expect(read(message)).toEqual([expected]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["garbage", "{not json", "", /JSON object/],
    ["a list", [], "", /JSON object/],
    ["null", "null", "", /JSON object/],
    ["no event", { media: { payload } }, "/event", /"media", "mark" or "clear"/],
    ["an event of the other direction", { event: "start" }, "/event", /"media", "mark" or "clear"/],
    ["media without media", { event: "media" }, "/media", /is missing/],
    ["media that is a text", { event: "media", media: payload }, "/media", /object/],
    ["media without a payload", { event: "media", media: {} }, "/media/payload", /is missing/],
    ["a payload that is no base64", { event: "media", media: { payload: "a?b=" } }, "/media/payload", /base64/],
    ["a payload that is a number", { event: "media", media: { payload: 7 } }, "/media/payload", /base64/],
    ["a mark without a name", { event: "mark", mark: {} }, "/mark/name", /is missing/],
    ["a mark with an empty name", { event: "mark", mark: { name: "" } }, "/mark/name", /1 to 256/],
    ["a mark with a long name", { event: "mark", mark: { name: "x".repeat(257) } }, "/mark/name", /257 characters/],
  ])("as %s is unreadable", (_, message, path, why) => {
    expect(read(message)).toEqual([{ type: "unreadable", issues: [{ path, message: expect.stringMatching(why) }] }]);
  });

  it("as a binary frame is unreadable", () => {
    expect(opened().read(new Uint8Array(160))).toMatchObject([{ type: "unreadable", issues: [{ path: "" }] }]);
  });

  it("never makes it fail, and is told without its content", () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.boolean(), fc.constantFrom("media", "mark", "clear", payload));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(leaf, fc.array(tie("any"), { maxLength: 3 }), fc.dictionary(fc.constantFrom("event", "media", "mark", "payload", "name", "streamSid", "__proto__"), tie("any"))),
    })).any;
    const frame = fc.oneof(fc.uint8Array(), fc.string(), value.map((made) => JSON.stringify(made)));
    const kinds = new Set(["audio", "mark", "clear", "unreadable"]);
    fc.assert(
      fc.property(frame, (sent) => {
        const requests = opened().read(sent);
        expect(requests).toHaveLength(1);
        expect(kinds.has(requests[0]!.type)).toBe(true);
      }),
      { seed: 42, numRuns: 500 },
    );
    const secret = "4929123412341234";
    expect(JSON.stringify(read({ event: secret }))).not.toContain(secret);
    expect(JSON.stringify(read({ event: "media", media: { payload: `${secret}?` } }))).not.toContain(secret);
  });

  it("may be cut anywhere", () => {
    const bytes = g711.PCMU.encode(tone);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), (cuts) => {
        const dialect = opened();
        const ends = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const heard = ends.slice(1).flatMap((end, index) => {
          const part = Buffer.from(bytes.subarray(ends[index], end)).toString("base64");
          return dialect.read(JSON.stringify({ event: "media", media: { payload: part } }))
            .map((request) => (request.type === "audio" ? g711.PCMU.decode(request.audio.bytes) : new Int16Array(0)));
        });
        expect(concatSamples(heard)).toEqual(g711.PCMU.decode(bytes));
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});

describe("a SID", () => {
  it.each([
    ["a UUID", "CA", "ABCDEF00-1111-4222-8333-444444444444", "CAabcdef00111142228333444444444444"],
    ["a number", "AC", "7654321", `AC${"0".repeat(25)}7654321`],
    ["anything else", "AC", "my app", "ACcccdfa68ad0c1b6620aea80c58e1e382"],
  ] as const)("of %s is the same at all times", (_, prefix, id, expected) => {
    const sid = sidOf(prefix, id);
    expect(sid).toMatch(/^[A-Z]{2}[0-9a-f]{32}$/);
    expect(sid).toBe(expected);
  });
});
