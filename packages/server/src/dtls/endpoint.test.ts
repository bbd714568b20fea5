import { describe, expect, it } from "vitest";
import { randomIds, seededIds } from "../base/index.ts";
import { keyAndSaltBytes, type SrtpProfile } from "../rtp/index.ts";
import { createIdentity } from "./certificate.ts";
import { createEndpoint, type DtlsResult } from "./endpoint.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { clientAddress, hex, identity, otherIdentity, pair, perfect, serverAddress, strangerAddress, type Network, type Pair } from "./pair.test.support.ts";

const keysOf = (result: DtlsResult | undefined) => (result?.ok ? result.keys : undefined);
const whyOf = (result: DtlsResult | undefined) => (result && !result.ok ? result.why : undefined);

async function over(made: Pair, ms = 11_000): Promise<Pair> {
  await made.clock.advance(ms);
  return made;
}

function expectAgreed({ results: { client, server } }: Pair, profile?: SrtpProfile): void {
  const [one, other] = [keysOf(client), keysOf(server)];
  expect(one).toBeDefined();
  expect(hex(one?.send)).toBe(hex(other?.receive));
  expect(hex(one?.receive)).toBe(hex(other?.send));
  expect(hex(one?.send)).not.toBe(hex(one?.receive));
  expect(one?.send.length).toBe(keyAndSaltBytes(one?.profile ?? "AEAD_AES_256_GCM"));
  if (profile) expect([one?.profile, other?.profile]).toEqual([profile, profile]);
}

describe("a DTLS handshake", () => {
  const profiles: readonly [readonly SrtpProfile[], readonly SrtpProfile[], SrtpProfile][] = [
    [["AES_CM_128_HMAC_SHA1_80"], ["AES_CM_128_HMAC_SHA1_80"], "AES_CM_128_HMAC_SHA1_80"],
    [["AES_CM_128_HMAC_SHA1_32", "AES_CM_128_HMAC_SHA1_80"], ["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"], "AES_CM_128_HMAC_SHA1_80"],
    [["AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"], ["AES_CM_128_HMAC_SHA1_32"], "AES_CM_128_HMAC_SHA1_32"],
    [["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"], ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"], "AEAD_AES_128_GCM"],
    [["AEAD_AES_256_GCM"], ["AEAD_AES_256_GCM"], "AEAD_AES_256_GCM"],
  ];
  it.each(profiles)("of who can do %j with who can do %j agrees on %s", async (client, server, agreed) => {
    expectAgreed(await over(pair({ client, server }), 100), agreed);
  });

  it("is over in six flights, and asks for no time but theirs", async () => {
    const made = await over(pair(), 20);
    expectAgreed(made);
    expect(made.clock.timers).toBe(0);
    expect(made.sent.map(({ from }) => from)).toEqual(["client", "server", "client", "server", "client", "server"]);
  });

  it("makes other keys each time", async () => {
    const [one, other] = [await over(pair(), 20), await over(pair(), 20)];
    expect(hex(keysOf(one.results.client)?.send)).not.toBe(hex(keysOf(other.results.client)?.send));
  });

  it("fails at once where nothing is in common", async () => {
    const { results, clock } = await over(pair({ client: ["AEAD_AES_128_GCM"], server: ["AES_CM_128_HMAC_SHA1_80"] }), 100);
    expect([whyOf(results.client), whyOf(results.server)]).toEqual(["refused", "incompatible"]);
    expect(clock.timers).toBe(0);
  });

  it("fails when the other side says nothing", async () => {
    const { results, sent, clock } = await over(pair({ network: () => [] }));
    expect([whyOf(results.client), whyOf(results.server)]).toEqual(["timeout", "timeout"]);
    // At 0, 0.5, 1.5, 3.5 and 7.5 seconds.
    expect(sent.length).toBe(5);
    expect(clock.timers).toBe(0);
  });

  it.each(Array.from({ length: 8 }, (_, index) => index))("survives the loss of datagram %i", async (lost) => {
    const made = await over(pair({ network: (index, from, bytes) => (index === lost ? [] : perfect(index, from, bytes)) }), 5000);
    expectAgreed(made);
    expect(made.clock.timers).toBe(0);
  });

  it.each(Array.from({ length: 20 }, (_, index) => index + 1))("survives a bad network (seed %i)", async (seed) => {
    const random = seededIds(seed);
    // A third is lost, some come twice, and all of them in any order.
    const network: Network = (index, _from, bytes) => (index > 60 || random.integer(3) > 0
      ? Array.from({ length: 1 + random.integer(2) }, () => ({ afterMs: 1 + random.integer(100), bytes }))
      : []);
    const made = await over(pair({ network }));
    if (made.results.client?.ok === true && made.results.server?.ok === true) expectAgreed(made);
    // Whoever has keys has those of the other side, or the other side has given up waiting for the last flight.
    else expect([whyOf(made.results.client), whyOf(made.results.server)]).toContain("timeout");
    expect(made.clock.timers).toBe(0);
  });

  it("is not disturbed by what comes twice, late, or changed on the way", async () => {
    const random = seededIds(7);
    const network: Network = (_index, _from, bytes) => {
      const changed = bytes.slice();
      // Behind the first record's header: a flight that is recognised as changed is dropped, and comes again.
      changed[13 + random.integer(changed.length - 13)] = random.integer(256);
      return [{ afterMs: 1, bytes }, { afterMs: 2, bytes }, { afterMs: 3, bytes: changed }, { afterMs: 4, bytes: bytes.subarray(0, random.integer(bytes.length)) }];
    };
    expectAgreed(await over(pair({ network }), 5000));
  });

  it("answers who has missed its last flight for as long as the call lasts, and not a flood", async () => {
    const made = await over(pair(), 20);
    const finished = made.sent.findLast(({ from }) => from === "client");
    const before = made.sent.length;
    await made.clock.advance(60_000);
    for (let copy = 0; copy < 50; copy++) made.server.receive(finished?.bytes ?? new Uint8Array(0), clientAddress);
    expect(made.sent.length).toBe(before + 1);
  });

  it("is over for both, however long the way is and whatever comes again", async () => {
    const slow: Network = (_index, _from, bytes) => [{ afterMs: 350, bytes }, { afterMs: 700, bytes }];
    const made = await over(pair({ network: slow }), 9000);
    expectAgreed(made);
    const before = made.sent.length;
    const last = made.sent.findLast(({ from }) => from === "server");
    made.client.receive(last?.bytes ?? new Uint8Array(0), serverAddress);
    await made.clock.advance(60_000);
    expect(made.sent.length).toBe(before);
  });

  it("says goodbye, once", async () => {
    const made = await over(pair(), 20);
    const before = made.sent.length;
    made.client.close();
    made.client.close();
    // A protected alert: type 21, epoch 1.
    expect(made.sent.slice(before).map(({ bytes }) => [bytes[0], bytes[4]])).toEqual([[21, 1]]);
  });
});

describe("a peer with an association for RTCP as well", () => {
  const rtcpAddress = { ...clientAddress, port: clientAddress.port + 1 };

  /** Its second client, from the next port, with a way there and back that takes so long. */
  function secondClient(made: Pair, delayMs: number) {
    const results: DtlsResult[] = [];
    const endpoint = createEndpoint(
      {
        clock: made.clock, ids: randomIds, identity, profiles: ["AES_CM_128_HMAC_SHA1_80"], over: (result) => results.push(result),
        send: (datagram) => void made.clock.setTimer(delayMs, () => made.server.receive(datagram, rtcpAddress)),
      },
      { role: "client", fingerprints: [fingerprintOf(otherIdentity.certificate)], remote: serverAddress },
    );
    return { results, take: (datagram: Uint8Array) => void made.clock.setTimer(delayMs, () => endpoint.receive(datagram, serverAddress)) };
  }

  it.each([[1, 20], [20, 1]])("has the keys of RTP from where SDP has it (%i ms for RTCP, %i ms for RTP)", async (rtcpMs, rtpMs) => {
    let second: ReturnType<typeof secondClient> | undefined;
    const told: DtlsResult[] = [];
    const made = pair({ network: (_index, _from, bytes) => [{ afterMs: rtpMs, bytes }], told, elsewhere: (datagram) => second?.take(datagram) });
    second = secondClient(made, rtcpMs);
    await made.clock.advance(2000);
    // Both handshakes are through, and neither has disturbed the other.
    expect([made.results.client?.ok, second.results.map(({ ok }) => ok)]).toEqual([true, [true]]);
    const last = told.at(-1);
    expect(last?.ok && [last.remote, hex(last.keys.receive)]).toEqual([clientAddress, hex(keysOf(made.results.client)?.send)]);
    expect(made.clock.timers).toBe(0);
  });
});

describe("an impostor", () => {
  const impostor = { certificate: identity.certificate, privateKey: createIdentity(randomIds).privateKey };

  it.each(["client", "server"] as const)("with a certificate of its own is not taken for the %s", async (who) => {
    const { results, clock } = await over(pair({ announced: { [who]: [fingerprintOf(createIdentity(randomIds).certificate)] } }), 100);
    const other = who === "client" ? "server" : "client";
    expect([whyOf(results[other]), whyOf(results[who])]).toEqual(["fingerprint", "refused"]);
    expect(clock.timers).toBe(0);
  });

  // A certificate is sent in the clear: anybody on the way can show it.
  it.each(["client", "server"] as const)("with the certificate of the %s, and not its key, is not taken for it", async (who) => {
    const { results } = await over(pair({ identities: { [who]: impostor } }), 100);
    expect(whyOf(results[who === "client" ? "server" : "client"])).toBe("unproven");
    expect(results[who]?.ok).not.toBe(true);
  });

  it("who changes what both can do is found out", async () => {
    // The stronger profile is taken out of both hellos: AEAD_AES_128_GCM (7) becomes a number nobody knows.
    const network: Network = (_index, from, bytes) => {
      const changed = bytes.slice();
      const at = Buffer.from(changed).indexOf(Buffer.from([0, 14, 0, 7, 0, 4, 0, 7]));
      if (from === "client" && at >= 0) changed[at + 7] = 0x77;
      return [{ afterMs: 1, bytes: changed }];
    };
    const { results } = await over(pair({ network }));
    expect(results.client?.ok).not.toBe(true);
    expect(results.server?.ok).not.toBe(true);
  });

  it("elsewhere than SDP says does not keep the peer from coming", async () => {
    const queue: Uint8Array[] = [];
    const slow: Network = (_index, from, bytes) => [{ afterMs: from === "client" ? 50 : 1, bytes }];
    const made = pair({ network: slow, elsewhere: (bytes) => queue.push(bytes) });
    const ended: DtlsResult[] = [];
    const stranger = createEndpoint(
      {
        clock: made.clock, ids: randomIds, identity: createIdentity(randomIds), profiles: ["AES_CM_128_HMAC_SHA1_80"],
        send: (datagram) => made.server.receive(datagram, strangerAddress),
        over: (result) => ended.push(result),
      },
      { role: "client", fingerprints: [fingerprintOf(otherIdentity.certificate)], remote: serverAddress },
    );
    for (let next = queue.shift(); next; next = queue.shift()) stranger.receive(next, serverAddress);
    expect(ended.map(whyOf)).toEqual(["refused"]);
    expect(made.results.server).toBeUndefined();
    expectAgreed(await over(made, 1000));
    expect(made.results.server?.ok === true && made.results.server.remote).toEqual(clientAddress);
  });

  it("who keeps coming does not keep the peer from coming either", async () => {
    const queue: Uint8Array[] = [];
    let [began, to] = [0, strangerAddress];
    const made = pair({ network: (_index, from, bytes) => [{ afterMs: from === "client" ? 50 : 1, bytes }], elsewhere: (bytes) => queue.push(bytes) });
    for (let port = 1; port <= 40; port++) {
      to = { ...strangerAddress, port };
      let hellos = 0;
      const stranger = createEndpoint(
        {
          clock: made.clock, ids: randomIds, identity: otherIdentity, profiles: ["AES_CM_128_HMAC_SHA1_80"],
          // It says hello, repeats the cookie, and leaves it at that.
          send: (datagram) => void (hellos++ < 2 && made.server.receive(datagram, to)),
          over: () => undefined,
        },
        { role: "client", fingerprints: [], remote: serverAddress },
      );
      for (let next = queue.shift(); next; next = queue.shift()) {
        if (next.length > 100) began += 1;
        else stranger.receive(next, serverAddress);
      }
      stranger.close();
    }
    expect(began).toBeGreaterThan(0);
    expect(began).toBeLessThanOrEqual(4);
    expectAgreed(await over(made, 1000));
  });

  it("alone is told as what it was when the peer never comes", async () => {
    const { results } = await over(pair({ remote: strangerAddress, identities: { client: createIdentity(randomIds) }, announced: { client: [fingerprintOf(identity.certificate)] } }));
    expect(whyOf(results.server)).toBe("fingerprint");
  });
});

describe("a stranger", () => {
  it("is sent less than it has sent, and nothing is kept of it", async () => {
    const answers: Uint8Array[] = [];
    const made = pair({ network: () => [], elsewhere: (bytes) => answers.push(bytes) });
    const hello = made.sent[0]?.bytes ?? new Uint8Array(0);
    const timers = made.clock.timers;
    for (let port = 1; port <= 1000; port++) made.server.receive(hello, { ...strangerAddress, port });
    expect(answers.length).toBe(1000);
    expect(answers.every((answer) => answer.length < hello.length)).toBe(true);
    expect(made.clock.timers).toBe(timers);
  });

  it("costs no handshake with the cookie of another address", async () => {
    const made = await over(pair({ network: (index, from, bytes) => (index < 2 ? perfect(index, from, bytes) : []) }), 10);
    const withCookie = made.sent[2]?.bytes ?? new Uint8Array(0);
    made.server.receive(withCookie, { ...clientAddress, port: clientAddress.port + 2 });
    // Only another cookie: the flight with the certificate is longer than the hello.
    expect(made.sent.at(-1)?.bytes.length).toBeLessThan(100);
    made.server.receive(withCookie, clientAddress);
    expect(made.sent.at(-1)?.bytes.length).toBeGreaterThan(400);
  });
});

it("certificates of ours differ", () => {
  expect(fingerprintOf(identity.certificate).value).not.toBe(fingerprintOf(otherIdentity.certificate).value);
});
