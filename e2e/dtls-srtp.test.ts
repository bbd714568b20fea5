import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { callsAndIsHeard, HEARD_MS, isCalledAndHeard, playingNumber } from "./heard-call.ts";
import { startLinphone } from "./linphone.ts";
import { LOOPBACK } from "./ports.ts";
import { startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const numbers = [playingNumber];
const encrypted = { encryption: { keys: "dtls", suite: expect.stringMatching(/^A/) } };

describe.concurrent("baresip with DTLS-SRTP", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  // What it says in the midst of the handshake is not heard.
  const expected = { lateMs: 400 };

  it("calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, numbers, encryption: "required" });
    const phone = await startBaresip(onTestFinished, { ...account, encryption: "dtls_srtp", server: { host: LOOPBACK, port: server.sip.udp } });
    expect(await callsAndIsHeard(server, phone, expected)).toMatchObject({ direction: "inbound", cause: "completed", legs: [{ media: encrypted }] });
  });

  it("is called, and asked for a handshake", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, keying: "dtls" });
    const phone = await startBaresip(onTestFinished, { ...account, encryption: "dtls_srtp", server: { host: LOOPBACK, port: server.sip.udp }, answers: true });
    expect(await isCalledAndHeard(server, phone, "15550101", expected)).toMatchObject({ direction: "outbound", cause: "completed", legs: [{ media: encrypted }] });
  });
});

describe.concurrent("linphone with DTLS-SRTP", () => {
  // Before its handshake is done it neither hears nor says anything.
  const expected = { heardMs: HEARD_MS - 400 };

  it("calls a number, hears the prompt, and is heard", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, numbers, encryption: "required" });
    const phone = await startLinphone(onTestFinished, { ...account, encrypts: "dtls", server: server.sip.udp });
    expect(await callsAndIsHeard(server, phone, expected)).toMatchObject({ direction: "inbound", cause: "completed", legs: [{ media: encrypted }] });
  });

  it("is called, and asked for a handshake", async ({ onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, keying: "dtls" });
    const phone = await startLinphone(onTestFinished, { ...account, encrypts: "dtls", server: server.sip.udp });
    expect(await isCalledAndHeard(server, phone, "15550101", expected)).toMatchObject({ direction: "outbound", cause: "completed", legs: [{ media: encrypted }] });
  });
});
