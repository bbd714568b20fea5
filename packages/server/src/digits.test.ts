import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dtmfSamples, g711 } from "./audio/index.ts";
import { concatSamples, randomIds, setRepeating, systemClock, utf8 } from "./base/index.ts";
import { host, startReceiver, startWorld, type Receiver, type World } from "./server-world.test.support.ts";
import { createUserAgent, type Dialog, type IncomingInvite } from "./sip/index.ts";

// Keys as phones and networks really send them, byte by byte, up to the webhook.

let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(() => ({ body: "[]" }));
  world = await startWorld();
});
afterAll(async () => {
  await world.close();
  await hooks.close();
});

const EVENT_TYPE = 101;
const PACKET_TICKS = 160;

interface Packet {
  readonly event: number;
  readonly end: boolean;
  readonly marker: boolean;
  /** Since the key was pressed, in ticks of 8 kHz. */
  readonly duration: number;
  /** When the key was pressed. */
  readonly timestamp: number;
}

/** RFC 3550 §5.1, RFC 4733 §2.3. */
function bytesOf({ event, end, marker, duration, timestamp }: Packet, sequence: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, (marker ? 0x80 : 0) | EVENT_TYPE);
  view.setUint16(2, sequence);
  view.setUint32(4, timestamp);
  view.setUint32(8, 0x1234);
  view.setUint8(12, event);
  view.setUint8(13, (end ? 0x80 : 0) | 10);
  view.setUint16(14, Math.min(duration, 0xffff));
  return bytes;
}

/** A packet of G.711 µ-law. */
function audioOf(frame: Int16Array, index: number): Uint8Array {
  const bytes = new Uint8Array(12 + frame.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80);
  view.setUint16(2, index);
  view.setUint32(4, index * PACKET_TICKS);
  view.setUint32(8, 0x1234);
  g711.PCMU.encode(frame, bytes, 12);
  return bytes;
}

/** The packets of one key: one every 20 ms, the last one three times. */
function key(digit: string, timestamp: number, packets = 5): Packet[] {
  const event = "0123456789*#ABCD".indexOf(digit);
  const steps = Array.from({ length: packets }, (_, index): Packet => ({ event, end: false, marker: index === 0, duration: (index + 1) * PACKET_TICKS, timestamp }));
  const last: Packet = { event, end: true, marker: false, duration: packets * PACKET_TICKS, timestamp };
  return [...steps, last, last, last];
}

/** RFC 4733 §2.5.1.3: what lasts longer than 0xffff ticks goes on in another segment, which begins where the first one ends. */
function held(digit: string): Packet[] {
  const [first] = key(digit, 0);
  const at = (duration: number, timestamp: number, end = false): Packet[] => (first ? [{ ...first, marker: duration === 160, duration, timestamp, end }] : []);
  const second = [at(8000, 0xffff), at(16_000, 0xffff), at(16_000, 0xffff, true), at(16_000, 0xffff, true)].flat();
  return [...at(160, 0), ...at(32_000, 0), ...at(0xffff, 0), ...second];
}

const changed = (packets: readonly Packet[], change: Partial<Packet>): Packet[] => packets.map((packet) => Object.assign({}, packet, change));
const pressed = (digits: string): Packet[] => digits.split("").flatMap((digit, index) => key(digit, index * 2400));
const withoutEnd = (packets: readonly Packet[]) => packets.filter(({ end }) => !end);

/** A far end that is asked for keys: how it presses them, and what the webhook then gets. */
async function asked(maxDigit: number, events = true) {
  const agent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "udp", host, port: 0 }] });
  const socket: Socket = createSocket("udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  const invited = new Promise<IncomingInvite>((resolve) => agent.events.on("invite", resolve));
  const path = `/${randomIds.token(8)}`;
  const uri = `sip:far@${host}:${agent.addresses[0]!.port}`;
  const input = { action: "input", action_url: `${hooks.url}${path}`, max_digit: maxDigit, timeout: 3, finish_on_key: "" };
  await world.call(uri, [input, { action: "hangup" }]);
  const invite = await invited;
  const description = [
    "v=0", `o=- 1 1 IN IP4 ${host}`, "s=-", `c=IN IP4 ${host}`, "t=0 0",
    ...(events ? [`m=audio ${socket.address().port} RTP/AVP 0 ${EVENT_TYPE}`, `a=rtpmap:${EVENT_TYPE} telephone-event/8000`] : [`m=audio ${socket.address().port} RTP/AVP 0`]),
    "",
  ].join("\r\n");
  const dialog: Dialog = invite.accept({ body: { type: "application/sdp", bytes: utf8(description) } });
  // The first RTP of the server says that it listens for keys.
  const [, { port }] = await once(socket, "message");
  const over = new Promise<void>((resolve) => dialog.signal.addEventListener("abort", () => resolve()));
  return {
    dialog,
    send: (packets: readonly Packet[]) => packets.forEach((packet, index) => socket.send(bytesOf(packet, index), port, host)),
    /** Says it, a frame every 20 ms; resolves when it has been said, or the call is over. */
    say: (samples: Int16Array) => new Promise<void>((resolve) => {
      let at = 0;
      const frames = setRepeating(systemClock, 20, () => {
        const frame = samples.subarray(at * PACKET_TICKS, (at + 1) * PACKET_TICKS);
        at += 1;
        if (frame.length === PACKET_TICKS && !dialog.signal.aborted) return socket.send(audioOf(frame, at), port, host);
        frames.cancel();
        return resolve();
      });
    }),
    info: (type: string, body: string) => dialog.request("INFO", { body: { type, bytes: utf8(body) } }),
    /** The keys the webhook got, once the call is over. */
    got: async () => {
      await over;
      socket.close();
      await agent.close();
      return hooks.received.filter((one) => one.path === path).map(({ body }) => body["dtmf"]);
    },
  };
}

describe.concurrent("keys by RFC 4733", () => {
  it.each<[string, readonly Packet[], string]>([
    ["as they should come", pressed("159#"), "159#"],
    ["the same key twice", pressed("77"), "77"],
    ["every key there is", pressed("0123456789*#ABCD"), "0123456789*#ABCD"],
    ["without a marker bit", changed(pressed("42"), { marker: false }), "42"],
    ["with a marker on every packet", changed(pressed("42"), { marker: true }), "42"],
    ["with the end packets of the first one lost", [...withoutEnd(key("4", 0)), ...key("2", 2400)], "42"],
    ["with all end packets lost", [...withoutEnd(key("4", 0)), ...withoutEnd(key("2", 2400))], "42"],
    ["with nothing but an end packet", [...key("4", 0).slice(-1), ...key("2", 2400).slice(-2)], "42"],
    ["held for two seconds", [...key("4", 0, 100), ...key("2", 24_000)], "42"],
    ["held for longer than a packet can say", [...held("4"), ...key("2", 100_000)], "42"],
    ["with the end before the rest", [...key("4", 0).toReversed(), ...key("2", 2400)], "42"],
  ])("%s", async (_, packets, digits) => {
    const { send, got } = await asked(digits.length);
    send(packets);
    expect(await got()).toEqual([digits]);
  });

  it("of other events than keys are none", async () => {
    const { send, got } = await asked(1);
    // Flash (RFC 4733 §3.2), a fax tone, and then a key.
    send([...changed(key("4", 0), { event: 16 }), ...changed(key("4", 2400), { event: 36 }), ...key("9", 4800)]);
    expect(await got()).toEqual(["9"]);
  });
});

describe.concurrent("keys in the audio", () => {
  it("of a far end that has no telephone-event are heard", async () => {
    const { say, got } = await asked(4, false);
    await say(concatSamples([new Int16Array(1600), dtmfSamples("15*#"), new Int16Array(1600)]));
    expect(await got()).toEqual(["15*#"]);
  });
});

describe.concurrent("keys by INFO", () => {
  it("as application/dtmf-relay and as application/dtmf", async () => {
    const { info, got } = await asked(3);
    const statuses = [await info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"), await info("application/dtmf", "*"), await info("application/dtmf-relay", "Signal= 11\r\n")];
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await got()).toEqual(["5*#"]);
  });

  it("that come by RFC 4733 as well count once", async () => {
    const { info, send, got } = await asked(2);
    await info("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n");
    send(key("5", 0));
    await info("application/dtmf-relay", "Signal=6\r\nDuration=160\r\n");
    send(key("6", 2400));
    expect(await got()).toEqual(["56"]);
  });

  it("of a kind that is not known are refused, and are none", async () => {
    const { info, got } = await asked(1);
    const { status, headers } = await info("application/unknown", "5");
    expect([status, headers.some(([name, value]) => name === "Accept" && value.includes("application/dtmf-relay"))]).toEqual([415, true]);
    await info("application/dtmf", "8");
    expect(await got()).toEqual(["8"]);
  });
});
