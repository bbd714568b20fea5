import { describe, expect, it } from "vitest";
import { callsAndIsHeard, isCalledAndHeard, playingNumber } from "./heard-call.ts";
import { startLinphone } from "./linphone.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const numbers = [playingNumber];
const expected = { heardMs: PLAYED_MS - 300, lateMs: 300 };

describe.concurrent("linphone as a registered phone", () => {
  it.for(["udp", "tcp"] as const)("over %s calls a number, hears the prompt, and is heard", async (transport, { onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startLinphone(onTestFinished, { ...account, server: server.sip[transport], transport });
    expect(await callsAndIsHeard(server, phone, expected)).toMatchObject({ direction: "inbound", from: "15550101", to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
  });

  it("with SRTP calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startLinphone(onTestFinished, { ...account, server: server.sip.tcp, transport: "tcp", encrypts: true });
    expect(await callsAndIsHeard(server, phone, expected)).toMatchObject({ cause: "completed", legs: [{ media: { encryption: { keys: "sdes" } } }] });
  });

  it("is called by the SDK, answers, and both hear the other", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones });
    const phone = await startLinphone(onTestFinished, { ...account, server: server.sip.udp });
    expect(await isCalledAndHeard(server, phone, "15550101", expected)).toMatchObject({ direction: "outbound", to: "15550101", cause: "completed", legs: [{ ended_by: "us" }] });
  });
});
