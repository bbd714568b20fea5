import { exactServerMessages, parseExactServerMessage, readServerAudioFrame, writeAudioFrame } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { pcmBytes } from "../../audio/index.ts";
import type { BotRequest, StreamEvent, StreamStart } from "./dialect.ts";
import { exactDialect } from "./exact.ts";
import { jsonMessage } from "./socket.test.support.ts";

const start: StreamStart = {
  streamId: "a stream", parameters: { customer: "42" }, listenMode: "both", sampleRateHz: 16_000,
  call: { callId: "a call", legId: "a leg", appid: "7", from: "15550100", to: "15550101", direction: "inbound", extraParams: '{"a":1}' },
  limits: { queueMs: 60_000, messageBytes: 2 << 20 },
};
const totals = { sentMs: 1, unsentMs: 2, receivedMs: 3, playedMs: 4, droppedMs: 5 };
const played = { heardMs: 100, complete: true, skippedMs: 20, underrunMs: 40, droppedMs: 60 };

const events: readonly (readonly [StreamEvent, object | undefined])[] = [
  [{ type: "dtmf", digit: "#" }, { type: "dtmf", digit: "#" }],
  [{ type: "mark", name: "here", reached: true }, { type: "mark", name: "here" }],
  [{ type: "mark", name: "here", reached: false }, undefined],
  [{ type: "played", utterance: 4_294_967_295, ...played }, { type: "played", utterance: 4_294_967_295, heard_ms: 100, complete: true, skipped_ms: 20, underrun_ms: 40, dropped_ms: 60 }],
  [{ type: "played", utterance: undefined, ...played }, undefined],
  [{ type: "cleared", utterances: [{ utterance: 3, heardMs: 20 }], marks: ["a"] }, { type: "cleared", utterances: [{ utterance: 3, heard_ms: 20 }], marks: ["a"] }],
  [{ type: "cleared", utterances: [], marks: [] }, { type: "cleared", utterances: [], marks: [] }],
  [{ type: "underrun", utterance: 3, missedMs: 60, count: 2 }, { type: "underrun", utterance: 3, count: 2, missed_ms: 60 }],
  [{ type: "credit", queuedMs: 1000, freeMs: 59_000 }, { type: "credit", queued_ms: 1000, free_ms: 59_000 }],
  [{ type: "overflow", utterance: 3 }, { type: "overflow", utterance: 3 }],
  [{ type: "warning", issues: [{ path: "/type", message: "is wrong" }] }, { type: "warning", issues: [{ path: "/type", message: "is wrong" }] }],
  [{ type: "stop", reason: "stopped", totals }, { type: "stop", reason: "stopped", totals: { sent_ms: 1, unsent_ms: 2, received_ms: 3, played_ms: 4, dropped_ms: 5 } }],
];

describe("what a bot of the exact protocol is sent", () => {
  it("begins with start, which says everything", () => {
    const [frame, ...more] = exactDialect({ sampleRateHz: 16_000 }).open(start);
    expect(more).toEqual([]);
    expect(JSON.parse(String(frame))).toEqual({
      type: "start", seq: 1, version: 1, stream_id: "a stream", call_id: "a call", leg_id: "a leg", app_id: "7", direction: "inbound",
      from: "15550100", to: "15550101", extra_params: '{"a":1}', parameters: { customer: "42" }, listen_mode: "both",
      format: { encoding: "pcm_s16le", sample_rate: 16_000, channels: 1, frame_ms: 20 },
      limits: { queue_ms: 60_000, message_bytes: 2_097_152 }, resume: null,
    });
  });

  it("says what became of the time away", () => {
    const resume = { token: "a token", resumed: true, replayedMs: 400, missedMs: 20 };
    const [frame] = exactDialect({ sampleRateHz: 8000 }).open({ ...start, resume });
    expect(jsonMessage(String(frame))).toMatchObject({ resume: { token: "a token", resumed: true, replayed_ms: 400, missed_ms: 20 } });
  });

  it.each(events)("tells %o", (event, message) => {
    const frames = exactDialect({ sampleRateHz: 8000 }).tell(event);
    expect(frames.map((frame) => JSON.parse(String(frame)))).toEqual(message ? [{ ...message, seq: 1 }] : []);
    for (const frame of frames) expect(parseExactServerMessage(String(frame))).toMatchObject({ ok: true, warnings: [] });
  });

  it("has a word for every event but what has no id, and no other", () => {
    const told = new Set(events.flatMap(([, message]) => (message && "type" in message ? [message.type] : [])));
    expect(new Set([...told, "start"])).toEqual(new Set(Object.keys(exactServerMessages().byType)));
  });

  it("is numbered without holes, also over another start", () => {
    const dialect = exactDialect({ sampleRateHz: 8000 });
    const frames = [...dialect.open(start), ...events.flatMap(([event]) => dialect.tell(event)), ...dialect.open(start)];
    expect(frames.map((frame) => jsonMessage(String(frame)).seq)).toEqual(frames.map((_, index) => index + 1));
  });

  it("has the call as binary frames, which say where they belong", () => {
    const samples = Int16Array.of(1, -1, 32_767);
    const frame = exactDialect({ sampleRateHz: 8000 }).audio(samples, 2 ** 32 + 160);
    expect(frame).toEqual(Uint8Array.of(1, 0, 0, 0, 160, 0, 0, 0, ...pcmBytes(samples)));
    expect(readServerAudioFrame(new Uint8Array(Buffer.from(frame)))).toMatchObject({ position: 160, silence: false });
  });
});

const bytes = Uint8Array.of(1, 2, 3);
const base64 = Buffer.from(bytes).toString("base64");
const pcm = (rate: 8000 | 16_000) => ({ form: "pcm", sampleRateHz: rate, bytes: Buffer.from(bytes) }) as const;
const said = { type: "audio", utterance: 7, last: false } as const;

describe("what a bot of the exact protocol asks for", () => {
  it.each<[object, readonly BotRequest[]]>([
    [{ type: "audio", utterance: 7, audio: base64 }, [{ ...said, audio: pcm(16_000) }]],
    [{ type: "audio", utterance: 7, audio: base64, sample_rate: 8000, last: true, live: true }, [{ ...said, audio: pcm(8000), last: true, live: "surely" }]],
    [{ type: "audio", utterance: 7, audio: base64, encoding: "mulaw" }, [{ ...said, audio: { form: "mulaw", bytes: Buffer.from(bytes) } }]],
    ...(["wav", "mp3", "ogg"] as const).map((encoding): [object, readonly BotRequest[]] => [
      { type: "audio", utterance: 7, audio: base64, encoding }, [{ ...said, audio: { form: "file", bytes: Buffer.from(bytes) } }],
    ]),
    [{ type: "end", utterance: 7 }, [{ type: "end", utterance: 7 }]],
    [{ type: "mark", name: "here" }, [{ type: "mark", name: "here" }]],
    [{ type: "clear" }, [{ type: "clear" }]],
    [{ type: "clear", utterance: 7 }, [{ type: "clear", utterance: 7 }]],
    [{ type: "pause" }, [{ type: "pause", what: "playback" }]],
    [{ type: "resume", what: "listening" }, [{ type: "resume", what: "listening" }]],
    [{ type: "dtmf", digits: "12#,D" }, [{ type: "digits", digits: "12#,D" }]],
    [{ type: "flow", flow: [{ action: "hangup" }] }, [{ type: "flow", flow: [{ action: "hangup" }], warnings: [] }]],
    [{ type: "hangup" }, [{ type: "flow", flow: [{ action: "hangup" }], warnings: [] }]],
    [{ type: "hangup", reason: "busy" }, [{ type: "flow", flow: [{ action: "hangup", cause: "busy" }], warnings: [] }]],
    [{ type: "stop" }, [{ type: "stop" }]],
    [{ type: "stop", colour: "red" }, [{ type: "unreadable", issues: [{ path: "/colour", message: expect.any(String) }] }, { type: "stop" }]],
  ])("%o", (message, requests) => {
    expect(exactDialect({ sampleRateHz: 16_000 }).read(JSON.stringify(message))).toEqual(requests);
  });

  it.each<[unknown, object]>([
    [919000000001, { type: "pstn", number: "919000000001" }],
    ["sip:ann@example.com", { type: "sip", uri: "sip:ann@example.com" }],
  ])("is to be put through to %s", (to, destination) => {
    const message = { type: "transfer", to, from: "918000000000", timeout: 20, duration: 60 };
    expect(exactDialect({ sampleRateHz: 8000 }).read(JSON.stringify(message))).toMatchObject([
      { type: "flow", flow: [{ action: "bridge", connect: [destination], from: "918000000000", timeout: 20, duration: 60 }] },
    ]);
  });

  it("is audio in binary frames, with their flags", () => {
    const dialect = exactDialect({ sampleRateHz: 16_000 });
    expect(dialect.read(writeAudioFrame({ utterance: 7, pcm: bytes, last: true, live: true }))).toEqual([
      { ...said, audio: { ...pcm(16_000), bytes }, last: true, live: "surely" },
    ]);
    expect(dialect.read(writeAudioFrame({ utterance: 7, pcm: new Uint8Array(0) }))).toMatchObject([said]);
  });

  it.each<[string, string | Uint8Array, string]>([
    ["garbage", "{", ""],
    ["no type", "{}", "/type"],
    ["a type nobody knows", '{"type":"dance"}', "/type"],
    ["an utterance of 0", '{"type":"end","utterance":0}', "/utterance"],
    ["a mark without a name", '{"type":"mark","name":""}', "/name"],
    ["keys that are none", '{"type":"dtmf","digits":"12x"}', "/digits"],
    ["a flow that is none", '{"type":"flow","flow":[{"action":"dance"}]}', "/flow/0/action"],
    ["a short frame", new Uint8Array(7), ""],
    ["the utterance 0 in a frame", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), ""],
  ])("is not read when it is %s", (_, frame, path) => {
    expect(exactDialect({ sampleRateHz: 8000 }).read(frame)).toEqual([{ type: "unreadable", issues: [{ path, message: expect.any(String) }] }]);
  });
});
