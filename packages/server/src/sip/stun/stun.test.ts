import { createSocket } from "node:dgram";
import { once } from "node:events";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomIds, systemClock } from "../../base/index.ts";
import { createUserAgent, type SipAddress } from "../index.ts";
import { addressBytes, answerBinding } from "./binding.ts";
import { buildStun, parseStun, type StunMessage } from "./stun.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");
const at = (host: string, port: number): SipAddress => ({ transport: "udp", host, port });

// RFC 5769 §2.2 and §2.3: the transaction and the addresses of the sample responses.
const transaction = "b7e7a701 bc34d686 fa87dfae";
const bare = hex(`0001 0000 2112a442 ${transaction}`);

describe("a STUN binding request", () => {
  it.each([
    ["over IPv4 (RFC 5769 §2.2)", bare, at("192.0.2.1", 32853), `0101 000c 2112a442 ${transaction} 0020 0008 0001 a147 e112a643`],
    ["over IPv6 (RFC 5769 §2.3)", bare, at("2001:db8:1234:5678:11:2233:4455:6677", 32853),
      `0101 0018 2112a442 ${transaction} 0020 0014 0002 a147 0113a9faa5d3f179bc25f4b5bed2b9d9`],
    ["of RFC 3489, without the cookie", hex(`0001 0000 00112233 ${transaction}`), at("192.0.2.1", 32853),
      `0101 000c 00112233 ${transaction} 0001 0008 0001 8055 c0000201`],
    ["with an attribute that has to be understood and is not", hex(`0001 0008 2112a442 ${transaction} 7fff 0002 abcd 0000`), at("192.0.2.1", 1),
      `0111 0024 2112a442 ${transaction} 0009 0015 00000414 556e6b6e6f776e20417474726962757465 000000 000a 0002 7fff 0000`],
    ["with one that may be ignored", hex(`0001 0008 2112a442 ${transaction} ffff 0003 abcdef 00`), at("192.0.2.1", 32853),
      `0101 000c 2112a442 ${transaction} 0020 0008 0001 a147 e112a643`],
  ])("%s is answered", (_, request, source, expected) => {
    expect(Buffer.from(answerBinding(request, source) ?? []).toString("hex")).toBe(hex(expected).toString("hex"));
  });

  it.each([
    ["a response", hex(`0101 0000 2112a442 ${transaction}`)],
    ["an indication", hex(`0011 0000 2112a442 ${transaction}`)],
    ["a wrong length", hex(`0001 0004 2112a442 ${transaction}`)],
    ["a length that is no multiple of 4", hex(`0001 0002 2112a442 ${transaction} 0000`)],
    ["an attribute beyond the end", hex(`0001 0004 2112a442 ${transaction} 0006 0001`)],
    ["SIP", Buffer.from("OPTIONS sip:a@b SIP/2.0\r\n\r\n")],
  ])("%s is none", (_, bytes) => expect(answerBinding(bytes, at("192.0.2.1", 1))).toBeUndefined());

  it("cut anywhere is none", () => {
    const whole = hex(`0001 0008 2112a442 ${transaction} 0006 0004 abcdef01`);
    expect(parseStun(whole)).toBeDefined();
    for (let length = 0; length < whole.length; length++) expect(parseStun(whole.subarray(0, length))).toBeUndefined();
  });

  it("with a fingerprint gets one (RFC 5769 §2.2 has its CRC)", () => {
    const request = buildStun({ type: 1, transaction: hex(transaction), attributes: [] }, true);
    // RFC 8489 §14.7: CRC-32 of what comes before, XORed with 0x5354554e.
    const table = Array.from({ length: 256 }, (_, n) => Array.from({ length: 8 }).reduce<number>((c) => (c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1), n));
    const crc = (bytes: Uint8Array) => (bytes.reduce((c, byte) => (table[(c ^ byte) & 0xff]! ^ (c >>> 8)) >>> 0, 0xffffffff) ^ 0xffffffff) >>> 0;
    for (const bytes of [request, answerBinding(request, at("192.0.2.1", 5060))!]) {
      const last = parseStun(bytes)!.attributes.at(-1)!;
      expect(last[0]).toBe(0x8028);
      expect(Buffer.from(last[1]).readUInt32BE()).toBe((crc(bytes.subarray(0, -8)) ^ 0x5354554e) >>> 0);
    }
  });

  it("comes back as it was built, and random bytes never throw", () => {
    const bytes = (size: number) => fc.uint8Array({ maxLength: size });
    const message: fc.Arbitrary<StunMessage> = fc.record({
      type: fc.nat(0x3ff), transaction: fc.uint8Array({ minLength: 12, maxLength: 12 }),
      attributes: fc.array(fc.tuple(fc.nat(0xffff), bytes(40)), { maxLength: 8 }),
    });
    fc.assert(fc.property(message, (given) => {
      const parsed = parseStun(buildStun(given));
      const plain = ({ type, transaction, attributes }: StunMessage) => [type, [...transaction], attributes.map(([name, value]) => [name, [...value]])];
      expect(parsed && plain(parsed)).toEqual(plain(given));
    }), { seed: 5 });
    fc.assert(fc.property(bytes(120), fc.constantFrom("192.0.2.1", "2001:db8::1"), (random, host) => {
      const framed = Buffer.concat([hex("0001"), Buffer.from([0, Math.max(0, random.length - 16)]), random]);
      for (const input of [random, framed]) expect(answerBinding(input, at(host, 5060))?.length ?? 0).toBeLessThanOrEqual(input.length + 48);
    }), { seed: 5, numRuns: 2000 });
  });

  it.each([
    ["192.0.2.1", "c0000201"], ["::1", "00000000000000000000000000000001"], ["fe80::1%eth0", "fe800000000000000000000000000001"],
    ["2001:db8::ffff:0:1", "20010db8000000000000ffff00000001"], ["::ffff:192.0.2.1", "00000000000000000000ffffc0000201"],
  ])("address %s", (host, expected) => expect(Buffer.from(addressBytes(host)).toString("hex")).toBe(expected));

  it("is answered on the UDP port of SIP", async () => {
    const agent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [at("127.0.0.1", 0)] });
    const socket = createSocket("udp4").bind(0, "127.0.0.1");
    await once(socket, "listening");
    socket.send(bare, agent.addresses[0]!.port, "127.0.0.1");
    const [answer] = await once(socket, "message");
    expect(answer.equals(answerBinding(bare, at("127.0.0.1", socket.address().port)))).toBe(true);
    socket.close();
    await agent.close();
  });
});
