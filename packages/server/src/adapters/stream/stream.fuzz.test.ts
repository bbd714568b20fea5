import { parseExactServerMessage, parseStreamMessage, readBotAudioFrame, readServerAudioFrame, writeAudioFrame } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { text } from "../../base/index.ts";
import { fuzz } from "../../fuzz.test.support.ts";
import { compatibleDialect } from "./compatible.ts";
import { exactDialect } from "./exact.ts";
import { twilioDialect } from "./twilio.ts";

const exact = [
  { type: "end", utterance: 1 }, { type: "mark", name: "here" }, { type: "clear" }, { type: "clear", utterance: 7 }, { type: "pause", what: "listening" },
  { type: "resume", what: "playback" }, { type: "stop" }, { type: "digits", digits: "12#" }, { type: "flow", flow: [{ action: "hangup" }] },
].map((message) => JSON.stringify(message));
const twilio = [
  { event: "media", streamSid: "MZ1", media: { payload: "/38A" } }, { event: "mark", streamSid: "MZ1", mark: { name: "x" } }, { event: "clear", streamSid: "MZ1" },
].map((message) => JSON.stringify(message));
const compatible = [
  { type: "streamAudio", data: { audioDataType: "raw", sampleRate: 8000, audioData: "AAAA" } }, { type: "action", action: "break" }, { type: "flow", flow: [{ action: "play", file_name: "a.wav" }] },
].map((message) => JSON.stringify(message));
const frames = [
  writeAudioFrame({ utterance: 4_294_967_295, last: true, live: true, pcm: new Uint8Array(320) }), writeAudioFrame({ position: 7, silence: true, pcm: new Uint8Array(3) }),
];
const words = [
  '"type":', '"event":', '"utterance":', '"flow":[', '{"action":"speak","text":"x"}', "null", "[]", "{}", "1e400", "-0", "\\ud800", '"__proto__":{"x":1}', '"constructor":', "[[[[[[[[", "AAAA", "=", "==",
];

describe("whatever a bot sends", () => {
  it.each([
    ["exact", exactDialect({ sampleRateHz: 16_000 }), exact, 6],
    ["twilio", twilioDialect(), twilio, 3],
    ["compatible", compatibleDialect({ sampleRateHz: 8000 }), compatible, 2],
  ] as const)("in the %s dialect is a request or unreadable, as text and as bytes", async (name, dialect, seeds, kinds) => {
    const report = await fuzz({
      name: `stream-${name}`, seeds: [...seeds, ...frames], words,
      run(input) {
        const asked = [...dialect.read(text(input)), ...dialect.read(input)];
        if (asked.length > input.length + 2) throw new Error("a frame asks for more than it has bytes");
        for (const request of asked) {
          if (request.type === "unreadable" && JSON.stringify(request.issues).length > 30_000 + input.length) throw new Error("what is wrong is told at too great a length");
        }
        return asked.map(({ type }) => type).join(" ");
      },
    });
    expect(report.outcomes).toBeGreaterThan(kinds);
  }, 300_000);
});

it("whatever a server sends to a bot of the SDK is a message or an issue", async () => {
  await fuzz({
    name: "stream-server", seeds: ['{"type":"start","seq":1,"version":1}', '{"type":"dtmf","seq":2,"digit":"1"}', '{"type":"played","seq":3,"utterance":1,"heard_ms":20}', ...compatible, ...frames], words,
    run(input) {
      const [server, bot] = [readServerAudioFrame(input), readBotAudioFrame(input)];
      for (const frame of [server, bot]) if (!("issue" in frame) && frame.pcm.length !== input.length - 8) throw new Error("audio was lost or made");
      const message = parseExactServerMessage(text(input));
      parseStreamMessage(text(input));
      return `${message.ok} ${"issue" in server} ${"issue" in bot}`;
    },
  });
}, 300_000);
