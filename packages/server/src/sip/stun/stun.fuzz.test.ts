import { expect, it } from "vitest";
import { fuzz } from "../../fuzz.test.support.ts";
import { answerBinding } from "./binding.ts";
import { ATTRIBUTE, buildStun, parseStun, STUN } from "./stun.ts";

const transaction = Uint8Array.from({ length: 12 }, (_, index) => index);
const seeds = [
  buildStun({ type: STUN.request, transaction, attributes: [] }),
  buildStun({ type: STUN.request, transaction, attributes: [[0x0006, new Uint8Array(9)], [ATTRIBUTE.software, new Uint8Array(20)]] }, true),
  buildStun({ type: STUN.request, transaction: new Uint8Array(16), attributes: [[0x0003, new Uint8Array(4)]] }),
  buildStun({ type: STUN.request, transaction, attributes: [[0x7777, new Uint8Array(3)]] }),
];
const source = { transport: "udp", host: "192.0.2.1", port: 32_853 } as const;

it("a datagram that may be STUN is answered or not, and the answer is STUN and hardly larger", async () => {
  const report = await fuzz({
    name: "stun", seeds,
    grammar: (random) => {
      const attributes = Array.from({ length: random.below(6) }, () => [random.one(2) ? random.below(0x30) : random.below(0x10000), random.bytes(random.below(40))] as const);
      return buildStun({ type: random.one(3) ? random.below(0x4000) : STUN.request, transaction: random.bytes(random.one(4) ? 16 : 12), attributes }, random.one(2));
    },
    run(input) {
      const message = parseStun(input);
      const answer = answerBinding(input, source);
      if (!answer) return message ? "not asked" : "none";
      const parsed = parseStun(answer);
      if (!parsed || (parsed.type !== STUN.success && parsed.type !== STUN.error)) throw new Error("the answer is no STUN");
      // Whoever forges the address it comes from shall gain nothing by us.
      if (answer.length > input.length + 64) throw new Error(`${input.length} bytes were answered with ${answer.length}`);
      return `${parsed.type} ${parsed.attributes.length} ${message?.attributes.length}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(3);
}, 300_000);
