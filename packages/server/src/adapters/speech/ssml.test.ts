import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSsml, parseSsml, withoutMarkup, type SpeechPart } from "./ssml.ts";

const say = (text: string, rate = 1): SpeechPart => ({ type: "text", text, rate });
const pause = (durationMs: number): SpeechPart => ({ type: "pause", durationMs });

describe("SSML", () => {
  it.each<[string, string, readonly SpeechPart[]]>([
    ["text", "<speak>Hello.</speak>", [say("Hello.")]],
    ["nothing", "<speak/>", []],
    ["a prolog and a comment", '<?xml version="1.0"?><speak version="1.1" xml:lang="en"><!-- no -->Hi</speak>', [say("Hi")]],
    ["references", "<speak>1 &lt; 2 &amp; &#65;&#x42;</speak>", [say("1 < 2 & AB")]],
    ["a break by its time", '<speak>A<break time="1.5s"/>B<break time="200ms"></break></speak>', [say("A"), pause(1500), say("B"), pause(200)]],
    ["a break by its strength", '<speak><break/><break strength="x-strong"/><break strength="none"/><break time="soon"/></speak>', [pause(500), pause(1500), pause(0), pause(500)]],
    ["a break without end", '<speak><break time="900s"/></speak>', [pause(10_000)]],
    ["a pace", '<speak>A<prosody rate="fast">B</prosody>C</speak>', [say("A"), say("B", 1.3), say("C")]],
    ["a pace in percent, within another", '<speak><prosody rate="80%"><prosody rate="+50%">A</prosody></prosody></speak>', [say("A", 1.2000000000000002)]],
    ["a pace beyond bounds", '<speak><prosody rate="10">A</prosody><prosody rate="-99%">B</prosody><prosody rate="constructor">C</prosody></speak>', [say("A", 2), say("B", 0.5), say("C")]],
    ["digits", '<speak>Code <say-as interpret-as="digits">1234</say-as>.</speak>', [say("Code  1 2 3 4 .")]],
    ["characters", "<speak><say-as interpret-as='characters'>AB 9</say-as></speak>", [say(" A B 9 ")]],
    ["dates", '<speak><say-as interpret-as="date" format="dmy">22/11/2026</say-as><say-as interpret-as="date">2026-01-05</say-as></speak>', [say(" November 22, 2026  January 5, 2026 ")]],
    ["a date that is none", '<speak><say-as interpret-as="date">soon</say-as></speak>', [say("soon")]],
    ["an interpretation that is not known", '<speak><say-as interpret-as="x">12</say-as></speak>', [say("12")]],
    ["a substitute", '<speak><sub alias="World Wide Web">WWW</sub></speak>', [say("World Wide Web")]],
    ["sentences and paragraphs", "<speak><p><s>One</s><s>Two</s></p></speak>", [say("One\nTwo\n\n")]],
    ["elements it does not perform", '<speak>A <emphasis level="strong">b</emphasis> <voice name="x">c</voice></speak>', [say("A b c")]],
  ])("has %s", (_, document, parts) => expect(parseSsml(document)).toEqual(parts));

  it.each([
    "<speak>", "<speak>Hello", "<speak><p>Hello</speak>", "<speak>a < b</speak>", "<speak>a & b</speak>", "<speak>&nbsp;</speak>", "<speak>&toString;</speak>",
    "<speak></speak><speak></speak>", "<speak></speak>after", "<voice>Hello</voice>", "<speak><break time=1s/></speak>", "</speak>", "<speak/></speak>",
  ])("is malformed in %s", (document) => expect(parseSsml(document)).toBeUndefined());

  it("is told by its beginning", () => {
    expect(["<speak>", " <speak version='1'>", "<?xml version='1.0'?>\n<speak>", "<speak/>"].filter((text) => !isSsml(text))).toEqual([]);
    expect(["Hello <speak>", "<speaker>", "1 < 2", ""].filter(isSsml)).toEqual([]);
  });

  it("leaves what can be read when it is malformed", () => {
    expect(withoutMarkup("<speak>Press <b>one & two</speak>").replaceAll(/\s+/g, " ").trim()).toBe("Press one & two");
  });

  it("takes any text without throwing, and in time", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom("<", ">", "/", "speak", "break", "&", "amp;", '"', "=", " ", "a", "<!--", "?", "time")), (pieces) => {
      const text = `<speak>${pieces.join("")}`;
      expect([undefined, "object"]).toContain(parseSsml(text) === undefined ? undefined : typeof parseSsml(text));
      expect(withoutMarkup(text)).not.toContain("<speak>");
    }), { seed: 20_261_122 });
    expect(parseSsml(`<speak ${"a=\"".repeat(5000)}`)).toBeUndefined();
  });
});
