import { expect, it } from "vitest";
import { fuzz } from "../fuzz.test.support.ts";
import { createSrtpReceiver, createSrtpSender, keyAndSaltBytes, writeRtpHeader, type SrtpProfile } from "./index.ts";

const profiles: readonly SrtpProfile[] = ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32", "AEAD_AES_128_GCM"];
const keyOf = (profile: SrtpProfile) => new Uint8Array(keyAndSaltBytes(profile)).fill(7);

function packet(sequence: number): Uint8Array {
  const bytes = new Uint8Array(172).fill(0x55);
  writeRtpHeader(bytes, { payloadType: 0, sequence, timestamp: sequence * 160, ssrc: 9, marker: false });
  return bytes;
}
const report = () => Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 9, 0x81, 202, 0, 1, 0, 0, 0, 9]);
const bytesOf = (bytes: Uint8Array | undefined) => Uint8Array.from(bytes ?? expect.fail("not protected"));

it.each(profiles)("%s: nothing is opened but what was protected, and nobody else can make the receiver lose its place", async (profile) => {
  const sender = createSrtpSender(profile, keyOf(profile));
  const receiver = createSrtpReceiver(profile, keyOf(profile));
  const media = Array.from({ length: 20 }, (_, at) => bytesOf(sender.protect(packet(65_530 + at))));
  const control = Array.from({ length: 4 }, () => bytesOf(sender.protectControl(report())));
  const authentic = new Set([...media, ...control].map((bytes) => Buffer.from(bytes).toString("latin1")));
  // They have come: what is authentic is a repetition, too.
  for (const bytes of media) receiver.open(bytes);
  for (const bytes of control) receiver.openControl(bytes);
  let sequence = 65_550;
  const result = await fuzz({
    name: `srtp-${profile}`,
    seeds: [...media.slice(0, 4), ...control.slice(0, 2), packet(1), report(), new Uint8Array(2100)],
    run(input) {
      if (receiver.open(input) || receiver.openControl(input)) throw new Error("a forged or repeated packet was opened");
      const fresh = createSrtpReceiver(profile, keyOf(profile));
      const opened = fresh.open(input) ?? fresh.openControl(input);
      if (opened && !authentic.has(Buffer.from(input).toString("latin1"))) throw new Error("a forged packet was opened");
      sequence += 1;
      const next = sender.protect(packet(sequence & 0xffff));
      if (!next || !receiver.open(Uint8Array.from(next))) throw new Error("the receiver has lost its place");
      return opened ? `opened ${opened.length}` : `refused ${input.length >> 4}`;
    },
  });
  expect(result.outcomes).toBeGreaterThan(6);
}, 300_000);
