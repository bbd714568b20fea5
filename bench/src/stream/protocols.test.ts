import { expect, it } from "vitest";
import { chooseProtocol, isStart, streamTo } from "./protocols.ts";

it.each([
  ["compatible", {}, { action: "stream", ws_url: "ws://127.0.0.1:9000/", listen_mode: "caller", voice_quality: 8000 }],
  ["v1", { protocol: "v1", path: "7", rate: 16_000 }, { action: "stream", ws_url: "ws://127.0.0.1:9000/7", listen_mode: "caller", voice_quality: 16_000, protocol: "v1" }],
] as const)("asks for a stream that is %s", (_, settings, action) => expect(streamTo(9000, settings)).toEqual(action));

it("takes the exact protocol where it is offered, and no other", () => {
  expect([chooseProtocol(new Set(["audio", "piopiy.v1"])), chooseProtocol(new Set(["audio"]))]).toEqual(["piopiy.v1", false]);
});

it.each([['{"type":"start","seq":1}', true], ['{"type":"credit"}', false], ["null", false]])("%s begins the exact protocol: %s", (text, begins) =>
  expect(isStart(text)).toBe(begins));
