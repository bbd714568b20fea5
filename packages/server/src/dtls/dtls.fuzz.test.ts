import { expect, it } from "vitest";
import { randomIds, VirtualClock } from "../base/index.ts";
import { fuzz } from "../fuzz.test.support.ts";
import { createDoorkeeper } from "./cookie.ts";
import { createEndpoint, type DtlsEndpoint } from "./endpoint.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { clientAddress, identity, otherIdentity, pair, serverAddress } from "./pair.test.support.ts";
import { parseRecords } from "./records.ts";

async function seeds(): Promise<readonly Uint8Array[]> {
  const made = pair();
  await made.clock.advance(100);
  made.client.close();
  return made.sent.map(({ bytes }) => bytes);
}

it("a datagram that may be DTLS is refused, or answered by less", async () => {
  const door = createDoorkeeper();
  const report = await fuzz({
    name: "dtls", seeds: await seeds(),
    run(input) {
      const records = parseRecords(input);
      if (records.reduce((bytes, { fragment }) => bytes + fragment.length + 13, 0) > input.length) throw new Error("records lie outside of the datagram");
      const greeted = door.greet(input, "192.0.2.1|4000");
      if (!greeted) return `${records.length} ${records[0]?.type}`;
      if ("proven" in greeted) throw new Error("a cookie was guessed");
      if (greeted.answer.length >= input.length) throw new Error("the answer is no shorter");
      return "answered";
    },
  });
  expect(report.outcomes).toBeGreaterThan(4);
}, 300_000);

it("whatever comes in the middle of a handshake agrees on nothing", async () => {
  const clock = new VirtualClock();
  const replies: Uint8Array[] = [];
  let outcome = "";
  const make = (role: "client" | "server"): DtlsEndpoint => createEndpoint(
    {
      clock, ids: randomIds, identity: role === "client" ? identity : otherIdentity, profiles: ["AEAD_AES_128_GCM"],
      send: (datagram) => void (replies.length < 100 && replies.push(datagram)),
      over: (result) => {
        if (result.ok) throw new Error("keys were agreed on with nobody");
        outcome = result.why;
      },
    },
    {
      role, fingerprints: [fingerprintOf((role === "client" ? otherIdentity : identity).certificate)],
      remote: role === "client" ? serverAddress : clientAddress,
    },
  );
  const fresh = await seeds();
  const report = await fuzz({
    name: "dtls-handshake", seeds: fresh,
    run(input) {
      replies.length = 0;
      outcome = "";
      const client = make("client");
      // A server that has greeted this very client, and waits for the rest of it.
      const hello = replies[0] ?? new Uint8Array(0);
      const server = make("server");
      server.receive(hello, clientAddress);
      client.receive(replies[1] ?? hello, serverAddress);
      server.receive(replies[2] ?? hello, clientAddress);
      const before = replies.length;
      client.receive(input, serverAddress);
      server.receive(input, clientAddress);
      const said = replies.slice(before).map((reply) => reply[0]).join();
      client.close();
      server.close();
      if (clock.timers > 0) throw new Error("a timer was left");
      return `${outcome} ${said}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(2);
}, 300_000);
