import { createSocket } from "node:dgram";
import { afterAll, beforeAll, expect, it } from "vitest";
import { randomIds, systemClock, text, utf8 } from "./base/index.ts";
import { buildRtcp, createSrtpReceiver, createSrtpSender, eventOfDigit, isRtcp, parseRtp, rtpView, writeRtpHeader, writeTelephoneEvent } from "./rtp/index.ts";
import { app, host, startReceiver, startWorld, until, type CallRecord, type World } from "./server-world.test.support.ts";
import { createUserAgent, type Dialog, type UserAgent } from "./sip/index.ts";

// A carrier that encrypts, and somebody who knows its port and not its key. Keys that are pressed tell whom the server believes.

const suite = "AES_CM_128_HMAC_SHA1_80";
const SSRC = 77;
let world: World;
let carrier: UserAgent;
let hooks: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  hooks = await startReceiver(() => ({ body: "[]" }));
  carrier = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host, port: 0 }] });
  const input = { action: "input", action_url: hooks.url, max_digit: 2, timeout: 20 };
  world = await startWorld({
    config: {
      media: { sdes_without_tls: true },
      trunks: [{ name: "carrier", host, port: carrier.addresses[0]?.port, local: true, encryption: "required" }],
      numbers: [{ number: "15550001", app: app.appid, pcmo: [input] }],
    },
  });
});
afterAll(async () => {
  await carrier.close();
  await world.close();
  await hooks.close();
});

const keyOf = (fill: number) => new Uint8Array(30).fill(fill);
const offer = (port: number, fill: number, version: number, protocol = "RTP/SAVP") => {
  const crypto = `a=crypto:${version} ${suite} inline:${Buffer.from(keyOf(fill)).toString("base64")}|2^31`;
  const lines = ["v=0", `o=- 1 ${version} IN IP4 ${host}`, "s=-", `c=IN IP4 ${host}`, "t=0 0", `m=audio ${port} ${protocol} 0 101`, "a=rtpmap:101 telephone-event/8000"];
  return { type: "application/sdp", bytes: utf8([...lines, ...(protocol === "RTP/SAVP" ? [crypto] : []), ""].join("\r\n")) };
};

/** What an answer of the server has: its port, and its key under the tag that was offered. */
function answered(body: Uint8Array) {
  const [, port = "", tag = "", key = ""] = /m=audio (\d+) RTP\/SAVP [^]*a=crypto:(\d+) \w+ inline:(\S+)/.exec(text(body)) ?? [];
  return { port: Number(port), tag, key: Uint8Array.from(Buffer.from(key, "base64")) };
}

/** A key pressed and released, in packets of its own. */
let sequence = 0;
function pressed(digit: string): readonly Uint8Array[] {
  const timestamp = 8000 + sequence * 160;
  return [false, true].map((end) => {
    const packet = new Uint8Array(16);
    writeRtpHeader(packet, { marker: !end, payloadType: 101, sequence: (sequence += 1), timestamp, ssrc: SSRC });
    writeTelephoneEvent(packet, 12, { event: eventOfDigit(digit) ?? 0, end, volume: 10, durationTicks: end ? 800 : 160 });
    return packet;
  });
}

async function invited(port: number): Promise<{ readonly dialog: Dialog; readonly body: Uint8Array }> {
  const at = world.server.sip[0] ?? expect.fail("no SIP");
  const invite = carrier.invite({ target: `sip:15550001@${host}`, from: `sip:15550002@${host}`, nextHop: at, body: offer(port, 1, 1) });
  const outcome = await invite.outcome;
  return outcome.kind === "accepted" ? { dialog: outcome.dialog, body: outcome.response.body } : expect.fail(outcome.kind);
}

it("only who has the key of the moment is believed, and hears; the call goes on encrypted, whatever else comes", async () => {
  const socket = createSocket("udp4");
  const came: Uint8Array[] = [];
  socket.on("message", (datagram) => came.push(Uint8Array.from(datagram)));
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  const { port } = socket.address();
  const { dialog, body } = await invited(port);
  const ours = answered(body);
  expect(ours.tag).toBe("1");
  const send = (packets: readonly (Uint8Array | undefined)[]) => {
    for (const packet of packets) socket.send(packet ?? expect.fail("not protected"), ours.port, host);
  };
  const protectedBy = (fill: number) => {
    const sender = createSrtpSender(suite, keyOf(fill));
    return (packets: readonly Uint8Array[]) => packets.map((packet) => Uint8Array.from(sender.protect(packet) ?? expect.fail("not protected")));
  };
  const [peer, stranger, later] = [protectedBy(1), protectedBy(9), protectedBy(2)];

  send(pressed("9"));
  send(stranger(pressed("8")));
  send([buildRtcp([{ type: "bye", ssrcs: [SSRC] }])]);
  const one = peer(pressed("1"));
  send(one.map((packet) => packet.subarray(0, -3)));
  send(one);
  send(one);
  // A refused change, to audio in the clear, leaves everything as it is.
  expect(await dialog.request("INVITE", { body: offer(port, 1, 2, "RTP/AVP") })).toMatchObject({ status: 488 });
  const changed = await dialog.request("INVITE", { body: offer(port, 2, 3) });
  expect(answered(changed.body)).toMatchObject({ port: ours.port, tag: "3", key: ours.key });
  send(stranger(pressed("7")));
  send(later(pressed("2")));
  expect((await hooks.next()).body).toMatchObject({ dtmf: "12" });

  const hearing = createSrtpReceiver(suite, ours.key);
  const view = rtpView();
  const media = came.filter((packet) => !isRtcp(packet));
  expect(media.length).toBeGreaterThan(1);
  for (const packet of media) expect(parseRtp(hearing.open(packet) ?? expect.fail("not SRTP"), view)).toBeUndefined();
  await dialog.bye();
  socket.close();
  const record = await until("the record", async () => {
    const { calls: [first] }: { calls: readonly CallRecord[] } = Object(await (await world.get("/calls")).json());
    const found = first && (await world.record(first.call_id));
    return found?.status === "ended" ? found : undefined;
  });
  const told = record.timeline.find(({ type }) => type === "leg.media")?.data;
  expect(told).toMatchObject({ packetsReceived: 4, packetsInvalid: 11, encryption: { keys: "sdes", suite } });
});
