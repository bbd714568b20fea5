import { describe, expect, it } from "vitest";
import { startBaresip } from "./baresip.ts";
import { echoed, expectHeard, HEARD_MS, playingFlow, playingNumber } from "./heard-call.ts";
import { startKamailio } from "./kamailio.ts";
import { freePorts, LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import { sippCallee, sippCaller } from "./sipp.ts";
import { startTestServer, tones } from "./test-server.ts";

const FROM = "15550100";
const TO = "15550200";
const numbers = [playingNumber];

/** A server that knows nobody but the proxy: a trunk, for calls in and out. */
async function serverBehind(cleanup: Parameters<typeof startTestServer>[0], callee?: number) {
  const own = await freePorts(2);
  const server = await startTestServer(cleanup, { numbers, trunks: [{ name: "proxy", host: LOOPBACK, port: own }] });
  const proxy = await startKamailio(cleanup, { own, server: server.sip.udp, ...(callee === undefined ? {} : { callee }) });
  return { ...server, proxy, own };
}

describe.concurrent("behind Kamailio, which stays on the route", () => {
  it("a call from SIPp is performed, and ended through the proxy", async ({ onTestFinished }) => {
    const { proxy, own, sip, records } = await serverBehind(onTestFinished);
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", server: own, to: "15550001" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", from: FROM, to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, echoed);
    expect(proxy.requests()).toEqual(["to the server: INVITE", `loose ACK from ${caller.port}`, `loose BYE from ${sip.udp}`]);
  });

  it("a call to SIPp goes out, and its ACK and BYE through the proxy", async ({ onTestFinished }) => {
    const callee = await sippCallee(onTestFinished, { scenario: "uas_answers" });
    const { proxy, sip, client, records } = await serverBehind(onTestFinished, callee.port);
    await client.voice.call(TO, FROM, playingFlow());
    await callee.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "outbound", to: TO, cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, echoed);
    expect(proxy.requests()).toEqual(["from the server: INVITE", `loose ACK from ${sip.udp}`, `loose BYE from ${sip.udp}`]);
  });

  it("baresip, which registers with Kamailio, calls and is called, and both hear the other", async ({ onTestFinished }) => {
    const { proxy, own, sip, client, records } = await serverBehind(onTestFinished);
    const account = { username: TO, password: "unused", says: tones.phone, server: { host: LOOPBACK, port: own }, answers: true };
    const phone = await startBaresip(onTestFinished, account);
    phone.call("15550001");
    await phone.inCall();
    await phone.callEnded();
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);

    await client.voice.call(TO, FROM, playingFlow());
    await phone.callEnded();
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);

    const calls = await records.all(2);
    expect(calls.map(({ cause }) => cause)).toEqual(["completed", "completed"]);
    for (const call of calls) await expectHeard({ records }, call);
    const requests = proxy.requests();
    expect(requests.filter((request) => request.startsWith("stray"))).toEqual([]);
    // Of our own: the BYEs of both calls, the ACK of the second.
    expect(requests.filter((request) => request.endsWith(` from ${sip.udp}`))).toEqual([`loose BYE from ${sip.udp}`, `loose ACK from ${sip.udp}`]);
  });
});
