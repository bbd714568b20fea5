import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { makeCertificate } from "./certificate.ts";
import { callsAndIsHeard, isCalledAndHeard, playingNumber } from "./heard-call.ts";
import { callAndHold, expectHeld } from "./held-call.ts";
import { LOOPBACK } from "./ports.ts";
import { startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone, transport: "tls" } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const numbers = [playingNumber];
const encrypted = { encryption: { keys: "sdes", suite: expect.stringMatching(/^A/) } };

describe.concurrent("baresip with SRTP, over TLS", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it.for(["srtp", "srtp-mand", "srtp-mandf"] as const)("%s: calls a number, hears the prompt, and is heard", async (encryption, { onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const server = await startTestServer(onTestFinished, { phones, numbers, encryption: "required", tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, encryption, server: { host: LOOPBACK, port: server.sip.tls }, ca: tls.ca });
    expect(await callsAndIsHeard(server, phone)).toMatchObject({ direction: "inbound", cause: "completed", legs: [{ media: encrypted }] });
  });

  it.for([["srtp-mand", encrypted], [undefined, { encryption: null }]] as const)("%s: is called, and asked for what it does", async ([encryption, media], { onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const server = await startTestServer(onTestFinished, { phones, tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, ...(encryption && { encryption }), server: { host: LOOPBACK, port: server.sip.tls }, ca: tls.ca, answers: true });
    expect(await isCalledAndHeard(server, phone, "15550101")).toMatchObject({ direction: "outbound", cause: "completed", legs: [{ media }] });
  });

  it("is heard again, and hears, after it held the call", async ({ onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const long = [{ number: "15550001", pcmo: [{ action: "record", channels: "stereo" }, { action: "play", file_name: "long.wav" }] }];
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers: long, encryption: "required", tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, encryption: "srtp-mand", server: { host: LOOPBACK, port: sip.tls }, ca: tls.ca });
    await callAndHold(phone, "15550001");

    const call = await records.single();
    expect(call).toMatchObject({ legs: [{ media: encrypted }] });
    expectHeld(await records.recording(call));
  });

  it("that is required is refused to a phone that does without", async ({ onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const { sip } = await startTestServer(onTestFinished, { phones, numbers, encryption: "required", tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: sip.tls }, ca: tls.ca });
    phone.call("15550001");
    expect(await phone.callEnded()).toContain("488");
  });
});
