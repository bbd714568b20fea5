import { describe, expect, it } from "vitest";
import { formatReplaces, parseReplaces, passReplaces } from "./replaces.ts";

describe("Replaces (RFC 3891 §6.1)", () => {
  it.each([
    ["98732@a.example.com;from-tag=r33th4x0r;to-tag=ff87ff", { callId: "98732@a.example.com", localTag: "ff87ff", remoteTag: "r33th4x0r", earlyOnly: false }],
    ["12adf2f34456gs5 ; to-tag=12345 ; from-tag=54321;early-only", { callId: "12adf2f34456gs5", localTag: "12345", remoteTag: "54321", earlyOnly: true }],
    ["c;to-tag=1;from-tag=2;other=x", { callId: "c", localTag: "1", remoteTag: "2", earlyOnly: false }],
  ])("%s", (text, replaces) => {
    expect(parseReplaces(text)).toEqual(replaces);
    expect(parseReplaces(passReplaces(replaces))).toEqual(replaces);
  });

  it.each(["", "c", "c;to-tag=1", "c;from-tag=1", ";to-tag=1;from-tag=2", "c d;to-tag=1;from-tag=2", "c;to-tag=;from-tag=2",
    "c;to-tag=\"1\r\nX: y\";from-tag=2", "c\r\nX:;to-tag=1;from-tag=2"])("is not: %j", (text) => {
    expect(parseReplaces(text)).toBeUndefined();
  });

  it("names to its other end the dialog that is ours", () => {
    const ours = { callId: "c", localTag: "mine", remoteTag: "yours" };
    expect(parseReplaces(formatReplaces(ours))).toEqual({ callId: "c", localTag: "yours", remoteTag: "mine", earlyOnly: false });
  });
});
