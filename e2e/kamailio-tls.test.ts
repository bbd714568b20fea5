import { channels } from "@piopiy/server";
import { describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.ts";
import { echoed, expectHeard, playingFlow, playingNumber } from "./heard-call.ts";
import { startKamailio } from "./kamailio.ts";
import { freePorts, LOOPBACK } from "./ports.ts";
import { sippCallee, sippCaller } from "./sipp.ts";
import { startTestServer } from "./test-server.ts";

const FROM = "15550100";
const TO = "15550200";
const numbers = [playingNumber];

/** A server that listens by TLS alone to its proxy, and speaks TLS with it; each asks for the other's certificate. */
async function serverBehind(cleanup: Parameters<typeof startTestServer>[0], callee?: number) {
  const certificate = await makeCertificate(cleanup, LOOPBACK);
  const [own, port] = [await freePorts(2), await freePorts(2)];
  const trunks = [{ name: "proxy", host: LOOPBACK, port, transport: "tls", tls: { verify: certificate.ca } }] as const;
  // SIPp answers an offer of SRTP as if it were one of RTP.
  const server = await startTestServer(cleanup, { numbers, trunks, encryption: "off", tls: { ...certificate, verify_client: true } });
  const proxy = await startKamailio(cleanup, { own, server: server.sip.tls, tls: { ...certificate, port }, ...(callee === undefined ? {} : { callee }) });
  return { ...server, proxy, own };
}

/** By which transports the server's messages went, until the returned function is called. */
function watchTransports() {
  const seen = new Set<string>();
  const watch = (message: unknown) => void seen.add(String(Object(message).transport));
  channels.sipMessage.subscribe(watch);
  return () => {
    channels.sipMessage.unsubscribe(watch);
    return [...seen];
  };
}

describe("over TLS behind Kamailio, which stays on the route", () => {
  it("a call from SIPp is performed, and ended through the proxy", async ({ onTestFinished }) => {
    const { proxy, own, records } = await serverBehind(onTestFinished);
    const transports = watchTransports();
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", server: own, to: "15550001" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", from: FROM, to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, echoed);
    expect(transports()).toEqual(["tls"]);
    expect(proxy.requests()).toEqual(["to the server: INVITE", "loose ACK from udp", "loose BYE from tls"]);
  });

  it("a call to SIPp goes out, and its ACK and BYE through the proxy", async ({ onTestFinished }) => {
    const callee = await sippCallee(onTestFinished, { scenario: "uas_answers" });
    const { proxy, client, records } = await serverBehind(onTestFinished, callee.port);
    const transports = watchTransports();
    await client.voice.call(TO, FROM, playingFlow());
    await callee.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "outbound", to: TO, cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, echoed);
    expect(transports()).toEqual(["tls"]);
    expect(proxy.requests()).toEqual(["from the server: INVITE", "loose ACK from tls", "loose BYE from tls"]);
  });
});
