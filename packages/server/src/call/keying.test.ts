import { describe, expect, it } from "vitest";
import { Emitter, randomIds, VirtualClock } from "../base/index.ts";
import { createEndpoint, createIdentity, fingerprintOf, type DtlsAddress, type DtlsEndpoint, type DtlsIdentity, type DtlsResult } from "../dtls/index.ts";
import type { MediaParameters, MediaSession, MediaSessionEvents } from "../media/index.ts";
import type { Negotiated } from "../sdp/index.ts";
import { addKeying, closeSession, configureMedia, expectHandshake, keyingOf } from "./keying.ts";

const ours = createIdentity(randomIds);
const alice = createIdentity(randomIds);
const bob = createIdentity(randomIds);
const home: DtlsAddress = { host: "192.0.2.10", port: 4000 };
const elsewhere: DtlsAddress = { host: "203.0.113.5", port: 61_000 };
const offered = { host: "127.0.0.1", port: 1, codecs: [], telephoneEvent: false, direction: "sendrecv", sessionId: 1, sessionVersion: 1, secured: "UDP/TLS/RTP/SAVP" } as const;

const settled = (identity: DtlsIdentity, role: "client" | "server", more: Partial<Negotiated> = {}): Negotiated => ({
  remote: home, codec: "PCMU", payloadType: 0, direction: "sendrecv", packetMs: 20, dtls: { role, fingerprints: [fingerprintOf(identity.certificate)] }, ...more,
});

/** A session with keying, and peers at addresses of their own. */
function world() {
  const clock = new VirtualClock();
  const configured: MediaParameters[] = [];
  const peers = new Map<string, DtlsEndpoint>();
  const counts = { sent: 0, opened: 0, closed: 0 };
  let listener: ((datagram: Uint8Array, from: DtlsAddress) => void) | undefined;
  const nobody = () => expect.fail("not asked for here");
  const session: MediaSession = {
    local: { host: "127.0.0.1", port: 5000 },
    events: new Emitter<MediaSessionEvents>(),
    configure: (parameters) => void configured.push(parameters),
    play: nobody, feed: nobody, listen: nobody, sendDigits: nobody, tap: nobody, join: nobody, hold: nobody, mute: nobody,
    dtls(next) {
      listener = next;
      counts.opened += 1;
      const send = (datagram: Uint8Array, to: DtlsAddress) => {
        counts.sent += 1;
        clock.setTimer(5, () => peers.get(`${to.host}:${to.port}`)?.receive(datagram, session.local));
      };
      const close = () => {
        counts.closed += 1;
        if (listener === next) listener = undefined;
      };
      return { send, close };
    },
    close: async () => nothing,
  };
  const arrive = (datagram: Uint8Array, from: DtlsAddress) => clock.setTimer(5, () => listener?.(datagram, from));
  /** A peer that begins at once as a client, or waits. */
  const peer = (identity: DtlsIdentity, role: "client" | "server", at = home, knows = ours) => {
    const results: DtlsResult[] = [];
    const endpoint = createEndpoint(
      { clock, ids: randomIds, identity, profiles: ["AES_CM_128_HMAC_SHA1_80"], send: (datagram) => arrive(datagram, at), over: (result) => results.push(result) },
      { role, fingerprints: [fingerprintOf(knows.certificate)], remote: session.local },
    );
    peers.set(`${at.host}:${at.port}`, endpoint);
    return { results, endpoint };
  };
  addKeying(session, { clock, ids: randomIds, identity: ours });
  return { clock, session, configured, counts, peer, last: () => configured.at(-1) };
}

const nothing = { packetsSent: 0, packetsReceived: 0, packetsLost: 0, packetsDiscarded: 0, packetsInvalid: 0, underruns: 0, latestSendMs: 0 };

const keysOf = ([result]: readonly DtlsResult[]) => (result?.ok ? result.keys : undefined);

describe("a session that is to have its keys by DTLS", () => {
  it.each(["client", "server"] as const)("waits for them, and has those of the peer, as the %s", async (role) => {
    const { clock, session, configured, last, peer } = world();
    const { results } = peer(alice, role === "client" ? "server" : "client");
    configureMedia(session, settled(alice, role));
    expect(configured).toMatchObject([{ awaitsKeys: true, remote: home }]);
    expect(last()?.security).toBeUndefined();
    await clock.advance(1000);
    const keys = keysOf(results);
    expect(last()).toMatchObject({ remote: home, security: { profile: "AES_CM_128_HMAC_SHA1_80", send: keys?.receive, receive: keys?.send } });
    expect(last()?.awaitsKeys).toBeUndefined();
    expect(keyingOf(session)?.keys).toEqual(last()?.security);
  });

  it("keeps what comes before the answer, so that nothing has to come again", async () => {
    const { clock, session, last, peer } = world();
    expectHandshake(session, offered);
    const { results } = peer(alice, "client");
    await clock.advance(100);
    configureMedia(session, settled(alice, "server"));
    await clock.advance(100);
    expect(results.map(({ ok }) => ok)).toEqual([true]);
    expect(last()?.security).toBeDefined();
  });

  it("keeps no more than a few of them, and none where no handshake was offered", async () => {
    const { clock, session, counts, peer } = world();
    expectHandshake(session, { ...offered, secured: "RTP/SAVP" });
    expect(counts.opened).toBe(0);
    expectHandshake(session, offered);
    for (let port = 1; port <= 50; port++) peer(bob, "client", { host: "198.51.100.1", port });
    await clock.advance(400);
    configureMedia(session, settled(alice, "server"));
    // An answer to each that was kept, and nothing else.
    expect(counts.sent).toBe(4);
  });

  it("goes on with the same keys through hold and another codec", async () => {
    const { clock, session, configured, counts, last, peer } = world();
    peer(alice, "server");
    configureMedia(session, settled(alice, "client"));
    await clock.advance(1000);
    const [keys, sent] = [last()?.security, counts.sent];
    configureMedia(session, settled(alice, "client", { direction: "recvonly" }));
    configureMedia(session, settled(alice, "client", { codec: "PCMA", payloadType: 8 }));
    await clock.advance(20_000);
    expect(configured.slice(-2)).toMatchObject([{ direction: "recvonly", security: keys }, { codec: "PCMA", security: keys }]);
    expect(counts.sent).toBe(sent);
  });

  it.each([
    ["fingerprint", bob, settled(bob, "client")],
    ["role", alice, settled(alice, "server")],
    ["tls-id", alice, settled(alice, "client", { dtls: { role: "client", fingerprints: [fingerprintOf(alice.certificate)], tlsId: "another" } })],
  ] as const)("begins anew with another %s, and nothing is heard meanwhile", async (_name, identity, next) => {
    const { clock, session, last, peer } = world();
    peer(alice, "server");
    configureMedia(session, settled(alice, "client"));
    await clock.advance(1000);
    const before = last()?.security;
    const { results } = peer(identity, next.dtls?.role === "client" ? "server" : "client");
    configureMedia(session, next);
    expect(last()).toMatchObject({ awaitsKeys: true });
    await clock.advance(2000);
    expect(last()?.security).toBeDefined();
    expect(last()?.security).not.toEqual(before);
    expect(last()?.security?.send).toEqual(keysOf(results)?.receive);
  });

  it("sends where the handshake came from, when the peer is behind a NAT, until it says another place", async () => {
    const { clock, session, last, peer } = world();
    configureMedia(session, settled(alice, "server"));
    peer(alice, "client", elsewhere);
    await clock.advance(1000);
    expect(last()).toMatchObject({ remote: elsewhere });
    configureMedia(session, settled(alice, "server", { direction: "sendonly" }));
    expect(last()).toMatchObject({ remote: elsewhere });
    const moved = { host: "192.0.2.77", port: 7000 };
    configureMedia(session, settled(alice, "server", { remote: moved }));
    expect(last()).toMatchObject({ remote: moved });
  });

  it("of several that answer an offer takes the one that was answered to", async () => {
    const { clock, session, last, peer } = world();
    expectHandshake(session, offered);
    const first = peer(alice, "client");
    configureMedia(session, settled(alice, "server"));
    await clock.advance(1000);
    expect(last()?.security?.send).toEqual(keysOf(first.results)?.receive);
    const second = peer(bob, "client", { host: "192.0.2.20", port: 4000 });
    configureMedia(session, settled(bob, "server", { remote: { host: "192.0.2.20", port: 4000 } }));
    await clock.advance(1000);
    expect(last()?.security?.send).toEqual(keysOf(second.results)?.receive);
  });

  it("sends reports only to who takes them where its RTP goes: others have another key for them", async () => {
    const { clock, session, last, peer } = world();
    peer(alice, "server");
    configureMedia(session, settled(alice, "client", { rtcp: { host: home.host, port: home.port + 1 } }));
    await clock.advance(1000);
    expect(last()?.rtcp).toBeUndefined();
    configureMedia(session, settled(alice, "client", { rtcp: "mux" }));
    expect(last()?.rtcp).toBe("mux");
  });

  it("is in the clear again when that was agreed on", async () => {
    const { clock, session, last, counts, peer } = world();
    peer(alice, "server");
    configureMedia(session, settled(alice, "client"));
    await clock.advance(1000);
    const { dtls: _, ...clear } = settled(alice, "client");
    configureMedia(session, clear);
    expect([last()?.security, last()?.awaitsKeys, counts.closed]).toEqual([undefined, undefined, 1]);
  });
});

describe("a handshake that fails", () => {
  const answered = () => false;

  it("because of another certificate is told at once, and again to who asks later", async () => {
    const { clock, session, last, peer } = world();
    const failures: string[] = [];
    peer(bob, "server");
    configureMedia(session, settled(alice, "client"));
    keyingOf(session)?.onFailure((why) => failures.push(why), answered);
    await clock.advance(500);
    keyingOf(session)?.onFailure((why) => failures.push(`again ${why}`), answered);
    await clock.advance(0);
    expect(failures).toEqual(["fingerprint", "again fingerprint"]);
    expect(last()).toMatchObject({ awaitsKeys: true });
    expect(clock.timers).toBe(0);
  });

  it("because nobody is there is no failure before the call is answered: the peer may begin then", async () => {
    const { clock, session, last, counts, peer } = world();
    const failures: string[] = [];
    let up = false;
    configureMedia(session, settled(alice, "server"));
    keyingOf(session)?.onFailure((why) => failures.push(why), () => !up);
    await clock.advance(55_000);
    up = true;
    expect([failures, clock.timers, counts.opened]).toEqual([[], 1, 1]);
    const { results } = peer(alice, "client");
    await clock.advance(200);
    expect(last()?.security?.send).toEqual(keysOf(results)?.receive);
  });

  it("because nobody is there is told after ten seconds", async () => {
    const { clock, session } = world();
    const failures: string[] = [];
    configureMedia(session, settled(alice, "server"));
    keyingOf(session)?.onFailure((why) => failures.push(why), answered);
    await clock.advance(9900);
    expect(failures).toEqual([]);
    await clock.advance(200);
    expect(failures).toEqual(["timeout"]);
  });
});

it("a session that closes leaves nothing behind", async () => {
  const { clock, session, counts, peer } = world();
  peer(alice, "server").endpoint.close();
  configureMedia(session, settled(alice, "client"));
  await clock.advance(100);
  await closeSession(session);
  await closeSession(session);
  configureMedia(session, settled(alice, "client"));
  expect(counts.closed).toBe(1);
  expect(clock.timers).toBeLessThanOrEqual(counts.sent);
  await clock.advance(20_000);
  expect(clock.timers).toBe(0);
});
