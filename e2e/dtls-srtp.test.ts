import { Action } from "piopiy";
import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { startLinphone } from "./linphone.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const numbers = [{ number: "15550001", pcmo: [{ action: "record", channels: "stereo" }, { action: "play", file_name: "played.wav" }] }];
const HEARD_MS = PLAYED_MS - 250;
const encrypted = { encryption: { keys: "dtls", suite: expect.stringMatching(/^A/) } };

describe.concurrent("baresip with DTLS-SRTP", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it("calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers, encryption: "required" });
    const phone = await startBaresip(onTestFinished, { ...account, encryption: "dtls_srtp", server: { host: LOOPBACK, port: sip.udp } });
    phone.call("15550001");
    await phone.inCall();
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", cause: "completed", legs: [{ media: encrypted }] });
    const { said, heard } = await records.recording(call);
    expect(toneMs(heard, tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    expect(toneMs(said, tones.phone)).toBeGreaterThanOrEqual(HEARD_MS - 400);
  });

  it("is called, and asked for a handshake", async ({ onTestFinished }) => {
    const { sip, client, records } = await startTestServer(onTestFinished, { phones, keying: "dtls" });
    const phone = await startBaresip(onTestFinished, { ...account, encryption: "dtls_srtp", server: { host: LOOPBACK, port: sip.udp }, answers: true });
    await client.voice.call("15550101", "15550100", new Action().record({ channels: "stereo" }).playMusic("played.wav"));
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "outbound", cause: "completed", legs: [{ media: encrypted }] });
    expect(toneMs((await records.recording(call)).said, tones.phone)).toBeGreaterThanOrEqual(HEARD_MS - 400);
  });
});

describe.concurrent("linphone with DTLS-SRTP", () => {
  it("calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers, encryption: "required" });
    const phone = await startLinphone(onTestFinished, { ...account, encrypts: "dtls", server: sip.udp });
    phone.call("15550001");
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS - 400);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", cause: "completed", legs: [{ media: encrypted }] });
    expect(toneMs((await records.recording(call)).said, tones.phone)).toBeGreaterThanOrEqual(HEARD_MS - 600);
  });

  it("is called, and asked for a handshake", async ({ onTestFinished }) => {
    const { sip, client, records } = await startTestServer(onTestFinished, { phones, keying: "dtls" });
    const phone = await startLinphone(onTestFinished, { ...account, encrypts: "dtls", server: sip.udp });
    await client.voice.call("15550101", "15550100", new Action().record({ channels: "stereo" }).playMusic("played.wav"));
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS - 400);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "outbound", cause: "completed", legs: [{ media: encrypted }] });
    expect(toneMs((await records.recording(call)).said, tones.phone)).toBeGreaterThanOrEqual(HEARD_MS - 600);
  });
});
