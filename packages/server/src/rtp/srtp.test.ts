import { createSecretKey } from "node:crypto";
import { describe, expect, it } from "vitest";
import { RtpPacket, SrtcpSession, SrtpSession } from "werift";
import { counterModeTransform } from "./srtp-cm.ts";
import { gcmTransform } from "./srtp-gcm.ts";
import { hmacSha1 } from "./srtp-hmac.ts";
import { derive, sessionKeys } from "./srtp-keys.ts";
import { blockCipher, keystream } from "./srtp-keystream.ts";
import { keyAndSaltBytes, srtpProfiles, type SrtpProfile } from "./srtp-profile.ts";
import { createSrtpReceiver, createSrtpSender } from "./srtp.ts";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));
const toHex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("hex");
const profiles: readonly SrtpProfile[] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"];
const keyOf = (profile: SrtpProfile, seed = 7) => Uint8Array.from({ length: keyAndSaltBytes(profile) }, (_, at) => (at * 31 + seed) & 0xff);

const rtp = (sequence: number, ssrc = 0x11223344, bytes = 160, fill = 0x55): Uint8Array => {
  const packet = Buffer.alloc(12 + bytes, fill);
  packet.writeUInt16BE(0x8000, 0);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(sequence * 160, 4);
  packet.writeUInt32BE(ssrc, 8);
  return new Uint8Array(packet);
};
const rtcp = (ssrc = 0x11223344) => {
  const packet = Buffer.alloc(28, 0x42);
  packet.writeUInt32BE(0x80c80006, 0);
  packet.writeUInt32BE(ssrc, 4);
  return new Uint8Array(packet);
};
const pair = (profile: SrtpProfile, key = keyOf(profile)) => ({ sender: createSrtpSender(profile, key), receiver: createSrtpReceiver(profile, key) });
const sealed = (sender: ReturnType<typeof createSrtpSender>, packet: Uint8Array) => Uint8Array.from(sender.protect(packet) ?? expect.fail("not protected"));
const sealedControl = (sender: ReturnType<typeof createSrtpSender>, packet: Uint8Array) => Uint8Array.from(sender.protectControl(packet) ?? expect.fail("not protected"));

describe("RFC 3711 appendix B", () => {
  it("B.2: the key stream of AES in counter mode", () => {
    const cipher = blockCipher({ encryption: createSecretKey(hex("2B7E151628AED2A6ABF7158809CF4F3C")) });
    const into = new Uint8Array(48);
    keystream(cipher, hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), 0).cover(0, new Uint8Array(48), 0, 48, into);
    expect(toHex(into)).toBe("e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0");
  });

  it("B.2: its last blocks, at the end of the longest packet", () => {
    const cipher = blockCipher({ encryption: createSecretKey(hex("2B7E151628AED2A6ABF7158809CF4F3C")) });
    const bytes = 0xff02 * 16;
    const into = new Uint8Array(bytes);
    keystream(cipher, hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), 0).cover(0, new Uint8Array(bytes), 0, bytes, into);
    expect(toHex(into.subarray(0xfeff * 16))).toBe("ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44");
  });

  it("B.3: the keys that follow from a master key and salt", () => {
    const master = createSecretKey(hex("E1F97A0D3E018BE0D64FA32C06DE4139"));
    const salt = hex("0EC675AD498AFEEBB6960B3AABE6");
    expect(toHex(derive(master, salt, 0, 16))).toBe("c61e7a93744f39ee10734afe3ff7a087");
    expect(toHex(derive(master, salt, 2, 14))).toBe("30cbbc08863d8c85d49db34a9ae1");
    expect(toHex(derive(master, salt, 1, 94))).toBe(
      "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef72270986371c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2",
    );
  });
});

describe("HMAC-SHA1 in two hashes", () => {
  // RFC 2202 §3, cases 1 and 2; the last four bytes of the data are the trailer.
  it.each([
    ["0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"],
    ["4a656665", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"],
  ])("%s", (key, data, digest) => {
    const bytes = Buffer.from(data);
    const into = new Uint8Array(20);
    hmacSha1(hex(key))(bytes, bytes.length - 4, bytes.readUInt32BE(bytes.length - 4), into, 0, 20);
    expect(toHex(into)).toBe(digest);
  });
});

describe("RFC 7714", () => {
  const keys = (key: string) => ({ encryption: createSecretKey(hex(key)), authentication: new Uint8Array(0), salt: hex("517569642070726f2071756f") });
  const packet = hex("8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573");
  const control = hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61 deadbeef deadbeef deadbeef deadbeef deadbeef");
  const short = "000102030405060708090a0b0c0d0e0f";
  const long = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
  it.each([
    ["§16.1.1", short, "8040f17b8041f8d35501a0b2f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce"],
    ["§16.2.1", long, "8040f17b8041f8d35501a0b232b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"],
  ])("%s: RTP", (_, key, expected) => {
    const transform = gcmTransform(keys(key), () => keys(key));
    const into = new Uint8Array(100);
    const length = transform.seal(packet, 12, 0x5501a0b2, 0xf17b, into);
    expect(toHex(into.subarray(0, length))).toBe(expected);
    const plain = new Uint8Array(100);
    expect(transform.open(into.subarray(0, length), 12, 0x5501a0b2, 0xf17b, plain)).toBe(packet.length);
    expect(toHex(plain.subarray(0, packet.length))).toBe(toHex(packet));
  });

  it("§17.1: RTCP", () => {
    const transform = gcmTransform(keys(short), () => keys(short));
    const into = new Uint8Array(100);
    const length = transform.sealControl(control, 0x4d617273, 0x5d4, into);
    expect(toHex(into.subarray(0, length))).toBe(
      "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4",
    );
  });

  it("§17.3: RTCP that is authentic and not encrypted", () => {
    const transform = gcmTransform(keys(short), () => keys(short));
    const packet = hex(
      "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd9683dd78ec92ae58790125f62b3000005d4",
    );
    const plain = new Uint8Array(100);
    expect(transform.openControl(packet, 0x4d617273, plain)).toBe(control.length);
    expect(toHex(plain.subarray(0, control.length))).toBe(toHex(control));
  });
});

describe.each(profiles)("%s", (profile) => {
  const { tag, controlTag } = srtpProfiles[profile];

  it("what is protected is opened, unreadable on its way, as long as it should be", () => {
    const { sender, receiver } = pair(profile);
    for (const sequence of [1, 2, 4, 3, 40, 41]) {
      const plain = rtp(sequence, 1, 20 + sequence * 7);
      const packet = sealed(sender, plain);
      expect(packet.length).toBe(plain.length + tag);
      expect(toHex(packet)).not.toContain("5555555555");
      expect(toHex(receiver.open(packet))).toBe(toHex(plain));
    }
    const plain = rtcp();
    const packet = sealedControl(sender, plain);
    expect(packet.length).toBe(plain.length + controlTag + 4);
    expect(toHex(packet)).not.toContain("424242");
    expect(toHex(receiver.openControl(packet))).toBe(toHex(plain));
  });

  it("sources and an extension stay readable, and what is behind them does not", () => {
    const { sender, receiver } = pair(profile);
    const plain = hex("92000001 00000002 00000003 0000000a 0000000b bede0001 01020304 cafebabecafebabe");
    const packet = sealed(sender, plain);
    expect(toHex(packet.subarray(0, 28))).toBe(toHex(plain.subarray(0, 28)));
    expect(toHex(packet)).not.toContain("cafebabe");
    expect(toHex(receiver.open(packet))).toBe(toHex(plain));
  });

  it("counts the roll-over, on both sides, whatever the order", () => {
    const { sender, receiver } = pair(profile);
    const numbers = Array.from({ length: 12 }, (_, at) => 65_530 + at);
    const packets = numbers.map((number) => sealed(sender, rtp(number)));
    const order = [0, 1, 2, 3, 4, 7, 5, 6, 9, 8, 11, 10];
    expect(order.map((at) => toHex(receiver.open(packets[at]!)) === toHex(rtp(numbers[at]!)))).toEqual(order.map(() => true));
    // Three cycles on: packets may be lost, as long as fewer than 2^15 are in a row.
    let last = 0;
    for (let number = 65_542; number < 65_536 * 4; number += 20_000) {
      const packet = sealed(sender, rtp(number));
      last = receiver.open(packet) ? number : last;
    }
    expect(last).toBeGreaterThan(65_536 * 3);
  });

  it("whoever joins after the roll-over understands it all the same", () => {
    const { sender, receiver } = pair(profile);
    sealed(sender, rtp(65_535));
    const late = [65_536, 65_537].map((number) => sealed(sender, rtp(number)));
    expect(late.map((packet) => receiver.open(packet) !== undefined)).toEqual([true, true]);
  });

  it("takes nothing twice, and nothing that is too old", () => {
    const { sender, receiver } = pair(profile);
    const packets = Array.from({ length: 300 }, (_, at) => sealed(sender, rtp(at)));
    expect(receiver.open(packets[0]!)).toBeDefined();
    expect(receiver.open(packets[0]!)).toBeUndefined();
    expect(receiver.open(packets[299]!)).toBeDefined();
    expect(receiver.open(packets[299 - 127]!)).toBeDefined();
    expect(receiver.open(packets[299 - 127]!)).toBeUndefined();
    expect(receiver.open(packets[299 - 128]!)).toBeUndefined();
    const control = sealedControl(sender, rtcp());
    expect([receiver.openControl(control), receiver.openControl(control)].map(Boolean)).toEqual([true, false]);
  });

  it("takes nothing that was changed, cut off or made with another key, and is not confused by it", () => {
    const { sender, receiver } = pair(profile);
    const stranger = createSrtpSender(profile, keyOf(profile, 8));
    const packet = sealed(sender, rtp(10));
    const control = sealedControl(sender, rtcp());
    for (let at = 0; at < packet.length; at++) {
      const changed = Uint8Array.from(packet, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(receiver.open(changed)).toBeUndefined();
      expect(receiver.open(packet.subarray(0, at))).toBeUndefined();
    }
    for (let at = 0; at < control.length; at++) {
      const changed = Uint8Array.from(control, (byte, index) => (index === at ? byte ^ 0x80 : byte));
      expect(receiver.openControl(changed)).toBeUndefined();
      expect(receiver.openControl(control.subarray(0, at))).toBeUndefined();
    }
    // A forged packet far ahead would move the window if it were believed.
    expect(receiver.open(sealed(stranger, rtp(30_000)))).toBeUndefined();
    expect(receiver.open(rtp(11))).toBeUndefined();
    expect(receiver.openControl(rtcp())).toBeUndefined();
    expect(receiver.open(packet)).toBeDefined();
    expect(receiver.openControl(control)).toBeDefined();
  });

  it("knows several sources apart, and bounds their number", () => {
    const { sender, receiver } = pair(profile);
    const heard = Array.from({ length: 70 }, (_, at) => (at < 65 ? receiver.open(sealed(createSrtpSender(profile, keyOf(profile)), rtp(100, at))) : undefined));
    expect(heard.filter(Boolean)).toHaveLength(64);
    expect(receiver.open(sealed(sender, rtp(101, 3)))).toBeDefined();
  });

  it("never protects two packets with the same key stream", () => {
    const { sender } = pair(profile);
    sealed(sender, rtp(5));
    expect(sender.protect(rtp(5, undefined, 160, 0x77))).toBeUndefined();
    expect(sender.protect(rtp(5, 99))).toBeDefined();
  });

  it("asks for keys of its length", () => {
    expect(() => createSrtpSender(profile, new Uint8Array(29))).toThrow("length");
  });
});

describe("another implementation", () => {
  const halves = (key: Uint8Array, keyBytes: number) => [Buffer.from(key.subarray(0, keyBytes)), Buffer.from(key.subarray(keyBytes))] as const;

  it.each([["AES_CM_128_HMAC_SHA1_80", 1], ["AEAD_AES_128_GCM", 7]] as const)("%s: opens what we protect, and we what it does, over the roll-over", (profile, number) => {
    const [ours, theirs] = [keyOf(profile, 1), keyOf(profile, 99)];
    const [[localMasterKey, localMasterSalt], [remoteMasterKey, remoteMasterSalt]] = [halves(theirs, 16), halves(ours, 16)];
    const config = { keys: { localMasterKey, localMasterSalt, remoteMasterKey, remoteMasterSalt }, profile: number };
    const [media, control] = [new SrtpSession(config), new SrtcpSession(config)];
    const [sender, receiver] = [createSrtpSender(profile, ours), createSrtpReceiver(profile, theirs)];
    for (let number = 65_500; number < 65_580; number += 1) {
      const plain = rtp(number);
      expect(toHex(media.decrypt(Buffer.from(sealed(sender, plain))))).toBe(toHex(plain));
      const { header } = RtpPacket.deSerialize(Buffer.from(plain));
      expect(toHex(receiver.open(media.encrypt(Buffer.from(plain.subarray(12)), header)))).toBe(toHex(plain));
    }
    for (let count = 0; count < 3; count += 1) {
      expect(toHex(control.decrypt(Buffer.from(sealedControl(sender, rtcp()))))).toBe(toHex(rtcp()));
      expect(toHex(receiver.openControl(control.encrypt(Buffer.from(rtcp()))))).toBe(toHex(rtcp()));
    }
  });
});

describe("the session keys of RTCP", () => {
  it("are others than those of RTP", () => {
    const profile = "AES_CM_128_HMAC_SHA1_80";
    const [one, other] = (["rtp", "rtcp"] as const).map((of) => sessionKeys(profile, keyOf(profile), of));
    expect(toHex(one?.authentication)).not.toBe(toHex(other?.authentication));
    expect(toHex(one?.salt)).not.toBe(toHex(other?.salt));
    expect(one?.encryption.equals(other!.encryption)).toBe(false);
    expect(counterModeTransform(one!, () => other!, srtpProfiles[profile]).overhead).toBe(14);
  });
});
