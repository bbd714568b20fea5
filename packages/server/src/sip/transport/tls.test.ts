import { connect as connectTcp, type Socket } from "node:net";
import { connect, type ConnectionOptions } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { randomIds, systemClock, text } from "../../base/index.ts";
import { createUserAgent, type IncomingInvite, type SipAddress, type TlsSettings, type UserAgent, type UserAgentOptions } from "../index.ts";
import { authority, client, server } from "./certificates.test.data.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0).toReversed()) await release();
});

const host = "127.0.0.1";
const from = "sip:alice@example.test";

async function agent(tls: TlsSettings, more: Partial<UserAgentOptions> = {}): Promise<UserAgent> {
  const made = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport: "tls", host, port: 0 }], tls, ...more });
  cleanUp.push(() => made.close());
  return made;
}

/** A server that answers 200 and remembers where requests came from. */
async function listening(tls: TlsSettings = {}) {
  const sources: SipAddress[] = [];
  const made = await agent({ certificate: server, ...tls });
  made.events.on("request", (incoming) => {
    sources.push(incoming.source);
    incoming.respond(200);
  });
  return { agent: made, sources, port: made.addresses[0]!.port };
}

async function raw(port: number, options: ConnectionOptions = {}): Promise<Socket> {
  const socket = connect({ host, port, ca: authority, servername: "localhost", ...options });
  cleanUp.push(() => socket.destroy());
  await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
  return socket;
}

describe("TLS", () => {
  it.each(["sips:bob@localhost", "sip:bob@localhost;transport=tls", "sips:bob@localhost;transport=tcp", "sips:bob@127.0.0.1"])(
    "carries %s, encrypted and verified by that name", async (uri) => {
      const bob = await listening();
      const alice = await agent({ ca: authority });
      const target = uri.replace(/(@[^;]+)/, `$1:${bob.port}`);
      expect((await alice.request("OPTIONS", { target, from })).status).toBe(200);
      expect(bob.sources).toMatchObject([{ transport: "tls", host }]);
    });

  it.each<[string, TlsSettings, string | undefined, number]>([
    ["made out to somebody else", { ca: authority }, "other.test", 503],
    ["of an authority nobody knows", {}, "localhost", 503],
    ["of the peer's own authority", { peers: new Map([["localhost", { ca: authority }]]) }, "localhost", 200],
    ["of another peer's authority", { peers: new Map([["other.test", { ca: authority }]]) }, "localhost", 503],
    ["that is not looked at", { peers: new Map([["other.test", false]]) }, "other.test", 200],
  ])("with a certificate %s", async (_, tls, name, status) => {
    const bob = await listening();
    const alice = await agent(tls);
    const nextHop: SipAddress = { transport: "tls", host, port: bob.port, ...(name !== undefined && { name }) };
    expect((await alice.request("OPTIONS", { target: "sip:bob@example.test", from, nextHop })).status).toBe(status);
    expect(bob.sources).toHaveLength(status === 200 ? 1 : 0);
  });

  it("asks for a client's certificate where it has to be shown", async () => {
    const bob = await listening({ ca: authority, verifyClient: true });
    const target = `sips:bob@localhost:${bob.port}`;
    const stranger = await agent({ ca: authority });
    expect((await stranger.request("OPTIONS", { target, from })).status).toBe(503);
    const known = await agent({ ca: authority, certificate: client });
    expect((await known.request("OPTIONS", { target, from })).status).toBe(200);
  });

  it("keeps one connection, and calls back over it who has no listener: a call with a BYE from the other end", async () => {
    const bob = await listening();
    const alice = await agent({ ca: authority });
    expect(alice.addresses).toMatchObject([{ transport: "tls", port: 5061 }]);
    const called = new Promise<IncomingInvite>((resolve) => bob.agent.events.on("invite", resolve));
    const outgoing = alice.invite({ target: `sips:bob@localhost:${bob.port}`, from });
    const incoming = await called;
    expect(incoming.request.headers).toContainEqual(["Contact", "<sips:alice@127.0.0.1:5061>"]);
    const dialog = incoming.accept({});
    const outcome = await outgoing.outcome;
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    expect(outcome.response.headers).toContainEqual(["Contact", `<sips:bob@127.0.0.1:${bob.port}>`]);
    await dialog.bye();
    expect(outcome.dialog.signal.reason).toEqual({ who: "remote" });
  });

  it("uses a connection for the name its certificate proves, and for no other (RFC 5923)", async () => {
    const bob = await listening({ ca: authority });
    for (const [certificate, reached] of [[client, 200], [undefined, 503]] as const) {
      const alice = await agent({ ca: authority, ...(certificate && { certificate }) }, { advertisedHost: "client.example.test" });
      expect((await alice.request("OPTIONS", { target: `sips:bob@localhost:${bob.port}`, from })).status).toBe(200);
      const port = certificate ? alice.addresses[0]!.port : 5061;
      const nextHop: SipAddress = { transport: "tls", host: "127.0.0.99", port, name: "client.example.test" };
      expect((await bob.agent.request("OPTIONS", { target: "sip:alice@client.example.test", from, nextHop })).status).toBe(reached);
    }
  });

  it("speaks only TLS, and closes while a handshake is not finished", async () => {
    const bob = await listening();
    const plain = connectTcp({ host, port: bob.port });
    const unfinished = connectTcp({ host, port: bob.port });
    cleanUp.push(() => unfinished.destroy());
    const closed = [plain, unfinished].map((socket) => new Promise<void>((resolve) => {
      socket.on("error", () => undefined).once("close", () => resolve());
    }));
    await new Promise((resolve) => unfinished.once("connect", resolve));
    plain.write("OPTIONS sip:a@b SIP/2.0\r\n\r\n");
    await closed[0];
    await bob.agent.close();
    await closed[1];
    expect(bob.sources).toEqual([]);
  });

  it("frames messages as TCP does, and answers a ping with a pong", async () => {
    const bob = await listening();
    const socket = await raw(bob.port);
    let heard = "";
    const both = new Promise<void>((resolve) => socket.on("data", (bytes) => {
      heard += text(bytes);
      if (/^\r\nSIP\/2\.0 200[\s\S]*\r\n\r\n$/.test(heard)) resolve();
    }));
    const request = `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS x.invalid;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\n` +
      "To: <sip:c@d>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    socket.write(`\r\n\r\n${request.slice(0, 50)}`);
    socket.write(request.slice(50));
    await both;
    expect(heard).toContain(`received=127.0.0.1;rport=${socket.localPort}`.replace("received=127.0.0.1;rport", "rport"));
  });
});
