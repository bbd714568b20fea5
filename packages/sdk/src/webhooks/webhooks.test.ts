import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../base/clock.ts";
import { PiopiyError, webhooks, type Webhook } from "../index.ts";

const secret = "a secret of webhooks";
const common = { appid: 1000, from: 918000000001, to: "alice", direction: "outbound", leg: "a", cmiuuid: "leg-1", time: 1_700_000_000_000 };
const bodies: readonly (readonly [Webhook["type"], Readonly<Record<string, unknown>>])[] = [
  ["event", { type: "event", ...common, status: "out_answered", event_id: "e1", sequence: 3 }],
  ["cdr", { type: "cdr", ...common, status: "answered", duration: 7, conversation_uuid: "c" }],
  ["recording", { type: "recording.completed", ...common, recording_id: "r1", channels: "stereo", duration_ms: 5, url: "/recordings/r1" }],
  ["recording", { type: "recording.failed", ...common, recording_id: "r1", channels: "mono" }],
  ["dtmf", { from: 918000000001, to: 100, dtmf: "42", cmiuuid: "leg-1", cmuuid: "leg-1" }],
  ["answer", { action: "inbound", from: "918000000001", to: "100", time: 1_700_000_000_000, cmiuuid: "leg-1" }],
  ["answer", { from: "918000000001", to: "100", time: 1_700_000_000_000, cmiuuid: "leg-1", request_id: "r" }],
];
const raw = JSON.stringify(bodies[0]![1]);
const now = () => Math.floor(systemClock.now() / 1000);
const header = (seconds: number, body = raw, key = secret) => `t=${seconds},v1=${createHmac("sha256", key).update(`${seconds}.${body}`).digest("hex")}`;

afterEach(() => vi.unstubAllGlobals());

describe("webhooks.unwrap", () => {
  it.each(bodies)("tells a %s apart: %j", async (type, data) => {
    const body = JSON.stringify(data);
    expect(await webhooks.unwrap(body, { "piopiy-signature": header(now(), body) }, secret)).toEqual({ type, data });
  });

  it.each([
    ["Node's headers", { "piopiy-signature": header(now()) }],
    ["headers in any case", { "Piopiy-Signature": header(now()) }],
    ["fetch's headers", new Headers({ "Piopiy-Signature": header(now()) })],
    ["two signatures, while a secret is replaced", { "piopiy-signature": `${header(now(), raw, "another secret")},${header(now()).split(",")[1]}` }],
    ["other versions beside", { "piopiy-signature": `${header(now())},v9=abc` }],
  ])("takes %s", async (_, headers) => {
    expect(await webhooks.unwrap(raw, headers, ["the new one of ours", secret])).toMatchObject({ type: "event" });
  });

  it("takes the body as bytes", async () => {
    expect(await webhooks.unwrap(new TextEncoder().encode(raw), { "piopiy-signature": header(now()) }, secret)).toMatchObject({ type: "event" });
  });

  it.each([
    ["missing", {}, raw],
    ["malformed", { "piopiy-signature": "sha256=abc" }, raw],
    ["malformed", { "piopiy-signature": `t=now,v1=${"0".repeat(64)}` }, raw],
    ["mismatch", { "piopiy-signature": header(now(), raw, "another secret") }, raw],
    ["mismatch", { "piopiy-signature": header(now()) }, `${raw} `],
    ["mismatch", { "piopiy-signature": `t=${now()},v1=` }, raw],
    ["mismatch", { "piopiy-signature": header(now() - 10).replace(/t=\d+/, `t=${now()}`) }, raw],
    ["stale", { "piopiy-signature": header(now() - 301) }, raw],
    ["stale", { "piopiy-signature": header(now() + 400) }, raw],
  ])("refuses what is %s", async (reason, headers, body) => {
    const failure: unknown = await webhooks.unwrap(body, headers, secret).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PiopiyError);
    expect(failure).toMatchObject({ code: "signature", reason });
    expect(String(failure)).not.toContain(secret);
  });

  it("lets old ones pass when told to", async () => {
    const headers = { "piopiy-signature": header(now() - 3000) };
    expect(await webhooks.unwrap(raw, headers, secret, { toleranceSeconds: 3600 })).toMatchObject({ type: "event" });
  });

  it.each([["got it"], ["[]"], ['{"type":"event"}'], ['{"dtmf":5}'], ['{"from":"1"}']])("says what is wrong with a signed %s", async (body) => {
    await expect(webhooks.unwrap(body, { "piopiy-signature": header(now(), body) }, secret)).rejects.toMatchObject({ code: "validation" });
  });

  it.each([[[]], [""], [[""]]])("needs a secret: %j", async (secrets) => {
    await expect(webhooks.unwrap(raw, { "piopiy-signature": header(now()) }, secrets)).rejects.toMatchObject({ code: "validation", field: "secrets" });
  });
});

describe("webhooks.sign", () => {
  it("signs as the server does, with every secret", async () => {
    expect(await webhooks.sign(raw, secret, { seconds: 1_700_000_000 })).toBe(header(1_700_000_000));
    expect(await webhooks.sign(raw, [secret, "b"], { seconds: 5 })).toBe(`${header(5)},${header(5, raw, "b").split(",")[1]}`);
    expect(await webhooks.unwrap(raw, { "piopiy-signature": await webhooks.sign(raw, secret) }, secret)).toMatchObject({ type: "event" });
  });

  it("needs nothing of Node", async () => {
    vi.stubGlobal("process", undefined);
    vi.stubGlobal("Buffer", undefined);
    const signed = await webhooks.sign(raw, secret);
    const read = await webhooks.unwrap(raw, { "piopiy-signature": signed }, secret);
    vi.unstubAllGlobals();
    expect(read.type).toBe("event");
  });
});
