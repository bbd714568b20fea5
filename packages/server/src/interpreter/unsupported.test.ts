import type { Action } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { unsupportedActions } from "./unsupported.ts";

const stream: Action = { action: "stream", ws_url: "wss://bot.example.com/", listen_mode: "caller", voice_quality: 8000, stream_on_answer: false };
const hangup: Action = { action: "hangup" };
const record = (format: "wav" | "mp3"): Action => ({ action: "record", channels: "mono", format, beep: false });

describe("what a flow may not ask for", () => {
  it.each<[string, Action[], string[]]>([
    ["nothing", [], []],
    ["actions that are performed", [record("wav"), record("mp3"), hangup], []],
    ["stream", [hangup, stream], ["/1/action"]],
    ["several", [stream, record("mp3"), stream], ["/0/action", "/2/action"]],
  ])("%s", (_, flow, paths) => {
    const issues = unsupportedActions(flow);
    expect(issues.map(({ path }) => path)).toEqual(paths);
    for (const { message } of issues) expect(message).toMatch(/^This server .+; (?:use|leave) /);
  });
});
