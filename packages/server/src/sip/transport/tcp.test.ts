import { connect, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { randomIds, systemClock, text, utf8, VirtualClock } from "../../base/index.ts";
import { createUserAgent, type SipAddress, type UserAgent } from "../index.ts";
import { openTcp, tcpOpener } from "./tcp.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0)) await release();
});

const LOOPBACK: SipAddress = { transport: "tcp", host: "127.0.0.1", port: 0 };

async function agentOn(...transports: ("udp" | "tcp")[]): Promise<UserAgent> {
  const listen = transports.map((transport): SipAddress => ({ transport, host: "127.0.0.1", port: 0 }));
  const agent = await createUserAgent({ clock: systemClock, ids: randomIds, listen });
  cleanUp.push(() => agent.close());
  return agent;
}

/** A TCP client that collects what it is told. */
async function dial(port: number) {
  const socket = connect({ host: "127.0.0.1", port });
  cleanUp.push(() => socket.destroy());
  await new Promise((resolve) => socket.once("connect", resolve));
  let heard = "";
  let wake: () => void = () => undefined;
  socket.on("data", (bytes) => {
    heard += text(bytes);
    wake();
  });
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    socket, closed,
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(heard)) await new Promise<void>((resolve) => (wake = resolve));
      return heard;
    },
  };
}

const options = (branch: string, length = "Content-Length: 0\r\n") =>
  `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.77:9;branch=${branch}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\n` +
  `Call-ID: ${branch}\r\nCSeq: 1 OPTIONS\r\n${length}\r\n`;

describe("TCP", () => {
  it("answers on the connection a request came on, in pieces or several at once, and a ping with a pong", async () => {
    const agent = await agentOn("tcp");
    const client = await dial(agent.addresses[0]!.port);
    client.socket.write("\r\n\r\n");
    await client.until(/^\r\n/);
    const both = options("z9hG4bK1") + options("z9hG4bK2");
    client.socket.write(both.slice(0, 100));
    client.socket.write(both.slice(100));
    const heard = await client.until(/z9hG4bK2[\s\S]*\r\n\r\n/);
    expect(heard.match(/SIP\/2\.0 200 OK/g)).toHaveLength(2);
  });

  it.each([
    ["no Content-Length", "", 400],
    ["too large a body", "Content-Length: 99999\r\n", 413],
    ["headers without an end", `X: ${"x".repeat(70_000)}\r\n`, 513],
    ["too many headers", `${"X: x\r\n".repeat(201)}Content-Length: 0\r\n`, 400],
  ])("answers %s properly and closes the connection, where nothing after it can be understood", async (what, length, status) => {
      const agent = await agentOn("tcp");
      const client = await dial(agent.addresses[0]!.port);
      client.socket.write(options("z9hG4bK1", length));
      expect((await client.until(/\r\n\r\n/)).slice(0, 12)).toBe(`SIP/2.0 ${status} `);
      if (what !== "too many headers") await client.closed;
    });

  it("gives up a message that is sent byte by byte", async () => {
    const clock = new VirtualClock();
    const transport = await openTcp(LOOPBACK, () => got(), clock);
    cleanUp.push(() => transport.close());
    const client = await dial(transport.address.port);
    let got: () => void = () => undefined;
    const first = new Promise<void>((resolve) => (got = resolve));
    // One message in full, so that the connection is not one that never said anything; then the beginning of another.
    client.socket.write(options("z9hG4bK1") + options("z9hG4bK2").slice(0, 40));
    await first;
    await clock.advance(15_000);
    expect(client.socket.destroyed).toBe(false);
    await clock.advance(1000);
    await client.closed;
  });

  it("takes so many connections of one address", async () => {
    const transport = await tcpOpener({ total: 10, perAddress: 2 })(LOOPBACK, () => undefined, systemClock);
    cleanUp.push(() => transport.close());
    const [first, second] = [await dial(transport.address.port), await dial(transport.address.port)];
    const third = await dial(transport.address.port);
    await third.closed;
    expect([first.socket.destroyed, second.socket.destroyed]).toEqual([false, false]);
    const gone = new Promise<void>((resolve) => transport.events?.on("gone", () => resolve()));
    second.socket.destroy();
    await gone;
    const fourth = await dial(transport.address.port);
    fourth.socket.write("\r\n\r\n");
    await fourth.until(/^\r\n/);
  });

  it("uses one connection for many requests, in both directions", async () => {
    const [alice, bob] = [await agentOn("tcp"), await agentOn("tcp")];
    const sources = new Set<number>();
    bob.events.on("request", (incoming) => {
      sources.add(incoming.source.port);
      incoming.respond(200);
    });
    const target = `sip:bob@127.0.0.1:${bob.addresses[0]!.port};transport=tcp`;
    for (let index = 0; index < 3; index++) expect((await alice.request("MESSAGE", { target, from: "sip:a@b" })).status).toBe(200);
    expect(sources.size).toBe(1);
    const back = [...sources][0]!;
    const nextHop: SipAddress = { transport: "tcp", host: "127.0.0.1", port: back };
    expect((await bob.request("OPTIONS", { target: "sip:alice@192.0.2.1", from: "sip:b@c", nextHop })).status).toBe(200);
  });

  it("says 503 when nobody listens there", async () => {
    const alice = await agentOn("tcp");
    const gone = await openTcp(LOOPBACK, () => undefined, systemClock);
    await gone.close();
    const response = await alice.request("OPTIONS", { target: `sip:b@127.0.0.1:${gone.address.port};transport=tcp`, from: "sip:a@b" });
    expect(response.status).toBe(503);
  });

  it("carries a large request where UDP was asked for by nobody, and falls back to UDP", async () => {
    const alice = await agentOn("udp", "tcp");
    expect(new Set(alice.addresses.map(({ port }) => port)).size).toBe(1);
    const large = { from: "sip:a@b", body: { type: "text/plain", bytes: new Uint8Array(2000).fill(0x41) } };
    for (const [transports, expected] of [[["udp", "tcp"], "tcp"], [["udp"], "udp"]] as const) {
      const bob = await agentOn(...transports);
      const seen = new Promise((resolve) => bob.events.on("request", (incoming) => {
        incoming.respond(200);
        resolve([incoming.source.transport, incoming.request.body.length]);
      }));
      const response = await alice.request("MESSAGE", { target: `sip:bob@127.0.0.1:${bob.addresses[0]!.port}`, ...large });
      expect(response.status).toBe(200);
      expect(await seen).toEqual([expected, 2000]);
    }
  });

  it("closes a connection that says nothing, and later one that falls silent", async () => {
    const clock = new VirtualClock();
    const received: string[] = [];
    let got: () => void = () => undefined;
    const transport = await openTcp(LOOPBACK, (bytes) => {
      received.push(text(bytes));
      got();
    }, clock);
    cleanUp.push(() => transport.close());
    const silent = await dial(transport.address.port);
    const talking = await dial(transport.address.port);
    const arrived = new Promise<void>((resolve) => (got = resolve));
    talking.socket.write(options("z9hG4bK1"));
    await arrived;
    await clock.advance(32_000);
    await silent.closed;
    expect(talking.socket.destroyed).toBe(false);
    await clock.advance(4_000_000);
    await talking.closed;
  });

  it("gives up a peer that does not read", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.pause());
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanUp.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const bound = server.address();
    const to: SipAddress = { ...LOOPBACK, port: typeof bound === "object" && bound ? bound.port : 0 };
    const transport = await openTcp(LOOPBACK, () => undefined, systemClock);
    cleanUp.push(() => transport.close());
    const message = utf8("x".repeat(60_000));
    const results: Promise<unknown>[] = [];
    for (let index = 0; index < 400; index++) results.push(transport.send(message, to).catch(() => "given up"));
    expect(await Promise.all(results)).toContain("given up");
  });
});
