import { Action } from "piopiy";
import { describe, expect, it } from "vitest";
import { startLinphone } from "./linphone.ts";
import { toneMs } from "./records.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const recorded = { action: "record", channels: "stereo" };
const HEARD_MS = PLAYED_MS - 300;
const SAID_MS = PLAYED_MS - 600;

describe.concurrent("linphone as a registered phone", () => {
  it.for(["udp", "tcp"] as const)("over %s calls a number, hears the prompt, and is heard", async (transport, { onTestFinished }) => {
    const numbers = [{ number: "15550001", pcmo: [recorded, { action: "play", file_name: "played.wav" }] }];
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startLinphone(onTestFinished, { ...account, server: sip[transport], transport });
    phone.call("15550001");
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", from: "15550101", to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
    const { said, heard } = await records.recording(call);
    expect(toneMs(heard, tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    expect(toneMs(said, tones.phone)).toBeGreaterThanOrEqual(SAID_MS);
  });

  it("with SRTP calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const numbers = [{ number: "15550001", pcmo: [recorded, { action: "play", file_name: "played.wav" }] }];
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startLinphone(onTestFinished, { ...account, server: sip.tcp, transport: "tcp", encrypts: true });
    phone.call("15550001");
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    const call = await records.single();
    expect(call).toMatchObject({ cause: "completed", legs: [{ media: { encryption: { keys: "sdes" } } }] });
    expect(toneMs((await records.recording(call)).said, tones.phone)).toBeGreaterThanOrEqual(SAID_MS);
  });

  it("is called by the SDK, answers, and both hear the other", async ({ onTestFinished }) => {
    const { sip, client, records } = await startTestServer(onTestFinished, { phones });
    const phone = await startLinphone(onTestFinished, { ...account, server: sip.udp });
    await client.voice.call("15550101", "15550100", new Action().record({ channels: "stereo" }).playMusic("played.wav"));
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    const call = await records.single();
    expect(call).toMatchObject({ direction: "outbound", to: "15550101", cause: "completed", legs: [{ ended_by: "us" }] });
    expect(toneMs((await records.recording(call)).said, tones.phone)).toBeGreaterThanOrEqual(SAID_MS);
  });
});
