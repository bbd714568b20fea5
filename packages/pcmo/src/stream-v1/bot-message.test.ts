import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactBotMessage } from "./index.ts";

const types = "audio, end, mark, clear, pause, resume, dtmf, flow, hangup, transfer, stop";
const audio = { type: "audio", utterance: 1, audio: "AAEC" };
const plain = { ...audio, encoding: "pcm", last: false, live: false };
const id = "a whole number from 1 to 4294967295";

/** As it is written, and what is read. */
const accepted: readonly (readonly [object, object])[] = [
  [audio, plain],
  [{ ...audio, utterance: 4294967295, audio: "", last: true }, { ...plain, utterance: 4294967295, audio: "", last: true }],
  [{ ...audio, sample_rate: 16_000, live: true }, { ...plain, sample_rate: 16_000, live: true }],
  [{ ...audio, encoding: "mulaw", sample_rate: null }, { ...plain, encoding: "mulaw" }],
  [{ ...audio, encoding: "wav" }, { ...plain, encoding: "wav" }],
  [{ ...audio, encoding: "mp3" }, { ...plain, encoding: "mp3" }],
  [{ ...audio, encoding: "ogg" }, { ...plain, encoding: "ogg" }],
  [{ type: "end", utterance: 7 }, { type: "end", utterance: 7 }],
  [{ type: "mark", name: "m".repeat(128) }, { type: "mark", name: "m".repeat(128) }],
  [{ type: "clear" }, { type: "clear" }],
  [{ type: "clear", utterance: 3 }, { type: "clear", utterance: 3 }],
  [{ type: "pause" }, { type: "pause", what: "playback" }],
  [{ type: "pause", what: "listening" }, { type: "pause", what: "listening" }],
  [{ type: "resume", what: null }, { type: "resume", what: "playback" }],
  [{ type: "resume", what: "listening" }, { type: "resume", what: "listening" }],
  [{ type: "dtmf", digits: "0123456789*#ABCDabcd," }, { type: "dtmf", digits: "0123456789*#ABCDABCD," }],
  [{ type: "flow", flow: [] }, { type: "flow", flow: [] }],
  [{ type: "flow", flow: [{ action: "hangup", cause: null }] }, { type: "flow", flow: [{ action: "hangup" }] }],
  [{ type: "hangup" }, { type: "hangup" }],
  [{ type: "hangup", reason: "busy" }, { type: "hangup", reason: "busy" }],
  [{ type: "transfer", to: 919800000001 }, { type: "transfer", to: { type: "pstn", number: "919800000001" }, timeout: 40, duration: 5400 }],
  [
    { type: "transfer", to: "sip:a@example.com", from: "+91 80000 00000", timeout: "20", duration: 60 },
    { type: "transfer", to: { type: "sip", uri: "sip:a@example.com" }, from: "918000000000", timeout: 20, duration: 60 },
  ],
  [{ type: "transfer", to: { type: "sip", user: "bob" } }, { type: "transfer", to: { type: "sip", user: "bob" }, timeout: 40, duration: 5400 }],
  [{ type: "stop" }, { type: "stop" }],
];

const refused: readonly (readonly [unknown, string, string])[] = [
  ["{", "", "must be JSON"],
  ["", "", "must be JSON"],
  ['[{"action":"hangup"}]', "", 'must be an object such as {"type":"stop"}; got a list; a flow goes as {"type":"flow","flow":[…]}'],
  [null, "", 'must be an object such as {"type":"stop"}; got null'],
  [{}, "/type", `is missing; must be one of ${types}`],
  [{ type: "adio" }, "/type", `must be one of ${types}; got "adio" (did you mean "audio"?)`],
  [{ type: "constructor" }, "/type", `must be one of ${types}; got "constructor"`],
  [{ type: 5 }, "/type", `must be one of ${types}; got 5`],
  [{ type: "audio", audio: "" }, "/utterance", `is missing; must be ${id}`],
  [{ ...audio, utterance: 0 }, "/utterance", `must be ${id}; got 0`],
  [{ ...audio, utterance: 4294967296 }, "/utterance", `must be ${id}; got a number`],
  [{ ...audio, utterance: 1.5 }, "/utterance", `must be ${id}; got 1.5`],
  [{ ...audio, utterance: "1" }, "/utterance", `must be ${id}; got "1"`],
  [{ type: "audio", utterance: 1 }, "/audio", "is missing; must be base64 text with its padding"],
  [{ ...audio, audio: "AAE" }, "/audio", "must be base64 text with its padding; got text"],
  [{ ...audio, audio: "A-_=" }, "/audio", "must be base64 text with its padding; got text"],
  [{ ...audio, audio: [1] }, "/audio", "must be base64 text with its padding; got a list"],
  [{ ...audio, encoding: "opus" }, "/encoding", 'must be "pcm", "mulaw", "wav", "mp3" or "ogg"; got "opus"'],
  [{ ...audio, sample_rate: 44_100 }, "/sample_rate", "must be 8000 or 16000, as a number; got 44100"],
  [{ ...audio, sample_rate: "8000" }, "/sample_rate", 'must be 8000 or 16000, as a number; got "8000"'],
  [{ ...audio, last: "true" }, "/last", 'must be true or false; got "true"'],
  [{ ...audio, live: 1 }, "/live", "must be true or false; got 1"],
  [{ type: "end" }, "/utterance", `is missing; must be ${id}`],
  [{ type: "mark" }, "/name", "is missing; must be text of 1 to 128 characters"],
  [{ type: "mark", name: "" }, "/name", "must be text of 1 to 128 characters; got empty text"],
  [{ type: "mark", name: "m".repeat(129) }, "/name", "must be text of 1 to 128 characters; got 129 characters"],
  [{ type: "clear", utterance: -1 }, "/utterance", `must be ${id}; got -1`],
  [{ type: "pause", what: "all" }, "/what", 'must be "playback" or "listening"; got "all"'],
  [{ type: "dtmf" }, "/digits", "is missing; must be 1 to 64 of 0-9, *, #, A-D and , for a pause of half a second"],
  [{ type: "dtmf", digits: "12 3" }, "/digits", "must be 1 to 64 of 0-9, *, #, A-D and , for a pause of half a second; got text"],
  [{ type: "flow" }, "/flow", "is missing; must be a list of actions"],
  [{ type: "flow", flow: { action: "hangup" } }, "/flow", "must be a list of actions; got an object"],
  [{ type: "flow", flow: [{ action: "hangup" }, { action: "speak" }] }, "/flow/1/text", "is missing; must be text of at most 10000 characters"],
  [{ type: "flow", flow: Array.from({ length: 1001 }, () => 0) }, "/flow", "must have at most 1000 actions; got 1001"],
  [{ type: "hangup", reason: "two words" }, "/reason", "must be 1 to 64 letters, digits, _ or -; got text"],
  [{ type: "transfer" }, "/to", 'is missing; must be a phone number of 3 to 15 digits, a SIP address, or {"type":"sip","uri":"sip:…"}'],
  [{ type: "transfer", to: "bob" }, "/to", 'must be a phone number of 3 to 15 digits, a SIP address, or {"type":"sip","uri":"sip:…"}; got text'],
  [{ type: "transfer", to: 1000, timeout: 601 }, "/timeout", "must be a whole number from 1 to 600, as a number or digits; got 601"],
  [{ type: "transfer", to: 1000, duration: 0 }, "/duration", "must be a whole number from 1 to 86400, as a number or digits; got 0"],
  [{ type: "transfer", to: 1000, from: "x" }, "/from", "must be a phone number of 3 to 15 digits; got text"],
];

describe("a text message of the bot", () => {
  it.each(accepted)("%j is read", (written, value) => {
    expect(parseExactBotMessage(JSON.stringify(written))).toEqual({ ok: true, value, warnings: [] });
    expect(parseExactBotMessage(written)).toEqual({ ok: true, value, warnings: [] });
  });

  it.each(refused)("%# is refused", (written, path, message) => {
    expect(parseExactBotMessage(written)).toEqual({ ok: false, issues: [{ path, message }] });
  });

  it.each([
    [{ type: "stop", utterance: 1 }, "/utterance", "is not a field here and is ignored"],
    [{ ...audio, utterence: 1 }, "/utterence", 'is not a field here and is ignored; did you mean "utterance"?'],
    [{ ...audio, encoding: "mulaw", sample_rate: 8000 }, "/sample_rate", "is ignored: mulaw says itself what its rate is"],
    [{ type: "flow", flow: [{ action: "hangup", why: 1 }] }, "/flow/0/why", "is not a field here and is ignored"],
  ])("%j is read with a warning", (written, path, message) => {
    expect(parseExactBotMessage(written)).toMatchObject({ ok: true, warnings: [{ path, message }] });
  });

  it("is not repeated in an issue", () => {
    const secret = "919800000001";
    const wrong = [
      { type: "dtmf", digits: `${secret}x` }, { type: "transfer", to: `${secret}x` }, { ...audio, audio: `${secret}-` },
      { type: "mark", name: [secret] }, { type: secret }, `${secret} {`,
    ];
    for (const message of wrong) {
      const result = parseExactBotMessage(message);
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toContain(secret);
    }
  });
});

const id32 = fc.integer({ min: 1, max: 0xffff_ffff });
/** A message of this type, some of whose fields may be absent. */
function of(type: string, rest: Readonly<Record<string, fc.Arbitrary<unknown>>>, required: readonly string[] = []) {
  const model: Record<string, fc.Arbitrary<unknown>> = { type: fc.constant(type), ...rest };
  return fc.record(model, { requiredKeys: ["type", ...required] });
}
const what = fc.constantFrom("playback", "listening");
const base64 = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString("base64"));
const message = fc.oneof(
  of("audio", {
    utterance: id32, audio: base64, encoding: fc.constantFrom("pcm", "mulaw", "wav", "mp3", "ogg"), sample_rate: fc.constantFrom(8000, 16_000),
    last: fc.boolean(), live: fc.boolean(),
  }, ["utterance", "audio"]),
  of("end", { utterance: id32 }, ["utterance"]),
  of("mark", { name: fc.string({ minLength: 1, maxLength: 64 }) }, ["name"]),
  of("clear", { utterance: id32 }),
  of("pause", { what }),
  of("resume", { what }),
  of("dtmf", { digits: fc.stringMatching(/^[0-9*#A-Da-d,]{1,64}$/) }, ["digits"]),
  of("flow", { flow: fc.array(fc.constantFrom({ action: "hangup" }, { action: "speak", text: "x" })) }, ["flow"]),
  of("hangup", { reason: fc.constantFrom("busy", "486") }),
  of("transfer", {
    to: fc.oneof(fc.integer({ min: 100, max: 1e12 }), fc.constantFrom("+1 (415) 555-0100", "sip:a@b")), from: fc.integer({ min: 100, max: 1e12 }),
    timeout: fc.integer({ min: 1, max: 600 }), duration: fc.constantFrom("60", 60),
  }, ["to"]),
  of("stop", {}),
);

describe("properties", () => {
  it("every message is read, and reading what was read changes nothing", () => {
    fc.assert(
      fc.property(message, (written) => {
        const once = parseExactBotMessage(JSON.stringify(written));
        if (!once.ok) throw new Error(JSON.stringify(once.issues));
        expect(parseExactBotMessage(JSON.stringify(once.value))).toMatchObject({ ok: true, value: once.value });
      }),
      { seed: 20_265, numRuns: 500 },
    );
  });

  it("garbage never throws, and what is refused has issues with pointers", () => {
    const names = types.split(", ");
    const wild = fc.oneof(
      fc.string(),
      fc.json(),
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSparseArray: true }),
      fc.record({ type: fc.constantFrom(...names), utterance: fc.anything(), audio: fc.anything(), flow: fc.anything(), to: fc.anything(), digits: fc.anything() }, { requiredKeys: ["type"] }),
    );
    fc.assert(
      fc.property(wild, (frame) => {
        const result = parseExactBotMessage(frame);
        if (result.ok) {
          expect(names).toContain(result.value.type);
          return;
        }
        expect(result.issues.length).toBeGreaterThan(0);
        for (const { path, message: text } of result.issues) {
          expect(path).toMatch(/^(?:\/(?:[^~/]|~[01])*)*$/);
          expect(text).toMatch(/^(?:must|is missing)/);
        }
      }),
      { seed: 20_266, numRuns: 1000 },
    );
  });
});
