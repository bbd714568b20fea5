import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createPhone, randomIds, systemClock } from "@piopiy/server";
import { Action } from "piopiy";
import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { makeCertificate } from "./certificate.ts";
import { callsAndIsHeard, expectHeard, HEARD_MS, isCalledAndHeard, playingNumber } from "./heard-call.ts";
import { callAndHold, expectHeld } from "./held-call.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import type { Cleanup } from "./running-program.ts";
import { startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
const recorded = { action: "record", channels: "stereo" };
const numbers = [playingNumber];

describe.concurrent("baresip as a registered phone", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it.for(["udp", "tcp", "tls"] as const)("over %s calls a number, hears the prompt, and is heard", async (transport, { onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const server = await startTestServer(onTestFinished, { phones, numbers, tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: server.sip[transport] }, transport, ca: tls.ca });
    expect(await callsAndIsHeard(server, phone)).toMatchObject({ direction: "inbound", from: "15550101", to: "15550001", cause: "completed" });
  });

  it.for([["g722", "G722 16000Hz"], ["opus", "opus 48000Hz"]] as const)("speaks %s, and the recording of both sides has their tones", async ([codec, named], { onTestFinished }) => {
    const server = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: server.sip.udp }, codec });
    phone.call("15550001");
    expect(await phone.inCall()).toContain(`Set audio decoder: ${named}`);
    await phone.callEnded();

    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    await expectHeard(server, await server.records.single());
  });

  it.for(["pcmu", "opus"] as const)("presses keys that a webhook gets, and hears the webhook's flow, in %s", async (codec, { onTestFinished }) => {
    const webhook = await startWebhook(onTestFinished, new Action().playMusic("played.wav").PCMO());
    const collect = new Action().playGetInput(webhook.url, "prompt.wav", { max_digit: 4, timeout: 10 }).PCMO();
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers: [{ number: "15550001", pcmo: collect }] });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: sip.udp }, codec });
    phone.call("15550001");
    await phone.inCall();
    await phone.press("4097");
    await phone.callEnded();

    expect(webhook.posted).toMatchObject([{ dtmf: "4097" }]);
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    expect(await records.single()).toMatchObject({ cause: "completed" });
  });

  it.for(["udp", "tls"] as const)("over %s is called by the SDK, answers, and hears the flow", async (transport, { onTestFinished }) => {
    const tls = await makeCertificate(onTestFinished, LOOPBACK);
    const server = await startTestServer(onTestFinished, { phones, tls: { cert: tls.cert, key: tls.key } });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: server.sip[transport] }, transport, ca: tls.ca, answers: true });
    expect(await isCalledAndHeard(server, phone, "15550101")).toMatchObject({ direction: "outbound", to: "15550101", cause: "completed", legs: [{ ended_by: "us" }] });
  });

  it("puts a call on hold, in which it hears nothing, and takes it back", async ({ onTestFinished }) => {
    const numbers = [{ number: "15550001", pcmo: [recorded, { action: "play", file_name: "long.wav" }] }];
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: sip.udp } });
    await callAndHold(phone, "15550001");

    const call = await records.single();
    expect(call).toMatchObject({ cause: "completed", legs: [{ ended_by: "peer" }] });
    expectHeld(await records.recording(call));
  });

  it("sends a call on: the two who are left hear each other, and it is out", async ({ onTestFinished }) => {
    const [bob, carol] = [["bob", "15550102"], ["carol", "15550103"]].map(([username = "", number = ""]) => ({ username, password: `${username}-password`, number }));
    const { sip, records } = await startTestServer(onTestFinished, { phones: [...phones, bob!, carol!] });
    const server = { transport: "udp", host: LOOPBACK, port: sip.udp } as const;
    const open = async (phone: { readonly username: string; readonly password: string }) => {
      const opened = await createPhone({ ...phone, server, host: LOOPBACK, clock: systemClock, ids: randomIds });
      onTestFinished(() => opened.close());
      await opened.registered;
      return opened;
    };
    const [second, third] = [await open(bob!), await open(carol!)];
    const phone = await startBaresip(onTestFinished, { ...account, server });
    const rings = second.nextCall();
    phone.call("15550102");
    const call = await rings;
    call.sendTone(tones.other);
    await call.hears(tones.phone, 300);

    const sentOn = third.nextCall();
    phone.transfer("15550103");
    const other = await sentOn;
    other.sendTone(tones.prompt);
    await Promise.all([call.hears(tones.prompt, 300), other.hears(tones.other, 300)]);
    await other.hangup();
    await call.ended;
    const record = await records.single();
    expect(record.timeline.map(({ type }) => type)).toContain("transfer.finished");
    expect(record.legs.map(({ leg, status, cause }) => ({ leg, status, cause }))).toEqual(["a", "b", "b"].map((leg) => ({ leg, status: "ended", cause: "completed" })));
  });
});

/** A webhook that answers every POST with the same flow. */
async function startWebhook(cleanup: Cleanup, flow: readonly unknown[]) {
  const posted: unknown[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => {
        posted.push(JSON.parse(body));
        response.setHeader("content-type", "application/json").end(JSON.stringify(flow));
      },
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  cleanup(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return { url: `http://${LOOPBACK}:${typeof address === "object" && address ? address.port : 0}/digits`, posted };
}
