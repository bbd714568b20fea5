import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { randomIds, systemClock, text, utf8, VirtualClock } from "../../base/index.ts";
import { createUserAgent, type Dialog, header, parseMessage, type SipAddress, type SipMessage, type UserAgentOptions } from "../index.ts";
import { authority, server as certificate } from "./certificates.test.data.ts";
import { openWebSocket } from "./web-socket.ts";

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const release of cleanUp.splice(0).toReversed()) await release();
});

const host = "127.0.0.1";
const listen = (transport: "ws" | "wss"): readonly SipAddress[] => [{ transport, host, port: 0 }];

async function agent(options: Partial<UserAgentOptions> = {}) {
  const made = await createUserAgent({ clock: systemClock, ids: randomIds, listen: listen("ws"), ...options });
  cleanUp.push(() => made.close());
  return { agent: made, port: made.addresses[0]!.port };
}

/** A browser: what it hears, frame by frame. */
async function browser(url: string, { protocol = "sip", ...options }: { protocol?: string; origin?: string; ca?: string } = {}) {
  const socket = new WebSocket(url, protocol, options);
  cleanUp.push(() => socket.terminate());
  const frames: { readonly data: Buffer; readonly binary: boolean }[] = [];
  let wake: () => void = () => undefined;
  socket.on("message", (data, binary) => {
    frames.push({ data: Buffer.isBuffer(data) ? data : Buffer.alloc(0), binary });
    wake();
  });
  socket.on("error", () => undefined);
  const status = await new Promise<number>((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
  });
  const next = async () => {
    while (frames.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return frames.shift()!;
  };
  const message = async (): Promise<SipMessage> => {
    const parsed = parseMessage((await next()).data);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.message;
  };
  return { socket, status, next, message };
}

const request = (method: string, branch: string, more = "") =>
  `${method} sip:server.example SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK${branch};rport\r\nMax-Forwards: 70\r\n` +
  `From: <sip:alice@example.com>;tag=${branch}\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${branch}\r\nCSeq: 1 ${method}\r\n` +
  `Contact: <sip:alice@df7jal23ls0d.invalid;transport=ws>\r\n${more}\r\n`;

describe("SIP over WebSocket (RFC 7118)", () => {
  it.each(["text", "binary"])("takes a message in one %s frame, without a Content-Length, and answers on the same connection", async (kind) => {
    const { port } = await agent();
    const { socket, message } = await browser(`ws://${host}:${port}/`);
    expect(socket.protocol).toBe("sip");
    socket.send(kind === "text" ? request("OPTIONS", "1") : utf8(request("OPTIONS", "1")));
    const response = await message();
    expect(response).toMatchObject({ type: "response", status: 200 });
    expect(header(response, "Via")).toMatch(/^SIP\/2\.0\/WS df7jal23ls0d\.invalid;branch=z9hG4bK1;rport=\d+;received=127\.0\.0\.1$/);
  });

  it("answers as text, which is what browsers read, and a double CRLF with a single one", async () => {
    const { port } = await agent();
    const { socket, next } = await browser(`ws://${host}:${port}/`);
    socket.send("\r\n\r\n");
    expect(text((await next()).data)).toBe("\r\n");
    socket.send(request("OPTIONS", "1"));
    expect((await next()).binary).toBe(false);
  });

  it("reaches a browser over the connection it opened: a call out, its ACK, and the BYE", async () => {
    const { agent: bob, port } = await agent();
    const { socket, message } = await browser(`ws://${host}:${port}/`);
    const source = new Promise<SipAddress>((resolve) => bob.events.on("request", (incoming) => {
      incoming.respond(200);
      resolve(incoming.source);
    }));
    socket.send(request("REGISTER", "1"));
    await message();
    const outgoing = bob.invite({ target: "sip:alice@df7jal23ls0d.invalid;transport=ws", from: "sip:bob@example.com", nextHop: await source });
    const invite = await message();
    expect(invite).toMatchObject({ type: "request", method: "INVITE", uri: "sip:alice@df7jal23ls0d.invalid;transport=ws" });
    expect(header(invite, "Via")).toMatch(/^SIP\/2\.0\/WS 127\.0\.0\.1:\d+;/);
    expect(header(invite, "Contact")).toBe(`<sip:bob@127.0.0.1:${port};transport=ws>`);
    const copied = ["Via", "From", "Call-ID", "CSeq"].map((name) => `${name}: ${header(invite, name)}\r\n`).join("");
    socket.send(`SIP/2.0 200 OK\r\n${copied}To: ${header(invite, "To")};tag=b\r\nContact: <sip:alice@df7jal23ls0d.invalid;transport=ws>\r\n\r\n`);
    const outcome = await outgoing.outcome;
    expect(await message()).toMatchObject({ method: "ACK" });
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    void outcome.dialog.bye();
    expect(await message()).toMatchObject({ method: "BYE" });
  });

  it("reaches a browser that has lost its connection over the next one that it speaks on", async () => {
    const { agent: bob, port } = await agent();
    const invited = new Promise<Dialog>((resolve) => bob.events.on("invite", (incoming) => resolve(incoming.accept({}))));
    const before = await browser(`ws://${host}:${port}/`);
    before.socket.send(request("INVITE", "7"));
    const dialog = await invited;
    await before.message();
    const answer = await before.message();
    before.socket.terminate();
    const after = await browser(`ws://${host}:${port}/`);
    const inside = (method: string, cseq: number) => request(method, "7").replace("To: <sip:bob@example.com>", `To: ${header(answer, "To")}`)
      .replace(/CSeq: .*/, `CSeq: ${cseq} ${method}`).replace("z9hG4bK7", `z9hG4bK7${method}`);
    after.socket.send(inside("ACK", 1));
    dialog.events.on("request", (incoming) => incoming.respond(200));
    after.socket.send(inside("INFO", 2));
    expect(await after.message()).toMatchObject({ status: 200 });
    void dialog.bye();
    expect(await after.message()).toMatchObject({ method: "BYE" });
  });

  it("fails at once towards a browser that has gone, and does not dial it", async () => {
    const { agent: bob, port } = await agent();
    const { socket } = await browser(`ws://${host}:${port}/`);
    const gone = new Promise<SipAddress>((resolve) => bob.events.on("gone", resolve));
    const source = new Promise<SipAddress>((resolve) => bob.events.on("request", (incoming) => resolve(incoming.source)));
    socket.send(request("REGISTER", "1"));
    const nextHop = await source;
    const pending = bob.request("OPTIONS", { target: "sip:alice@x.invalid;transport=ws", from: "sip:bob@example.com", nextHop });
    await once(socket, "message");
    socket.close();
    expect((await pending).status).toBe(503);
    expect(await gone).toEqual(nextHop);
    expect((await bob.request("OPTIONS", { target: "sip:alice@x.invalid", from: "sip:b@c", nextHop })).status).toBe(503);
  });

  it.each([
    ["another sub-protocol", {}, { protocol: "mqtt" }, "/", 400],
    ["a page of somebody else's", { origins: ["https://phone.example.com"] }, { origin: "https://evil.example" }, "/", 403],
    ["our page", { origins: ["https://phone.example.com"] }, { origin: "https://phone.example.com" }, "/", 101],
    ["no browser at all", { origins: ["https://phone.example.com"] }, {}, "/", 101],
    ["another path", { path: "/sip" }, {}, "/other", 404],
    ["our path", { path: "/sip" }, {}, "/sip?x=1", 101],
    ["one too many from an address", { limits: { total: 10, perAddress: 0 } }, {}, "/", 503],
  ])("meets %s", async (_, webSocket, options, path, expected) => {
    const { port } = await agent({ webSocket });
    expect((await browser(`ws://${host}:${port}${path}`, options)).status).toBe(expected);
  });

  it("tells a request that is no handshake so", async () => {
    const { port } = await agent();
    expect((await fetch(`http://${host}:${port}/`)).status).toBe(426);
  });

  it("is secure with a certificate, and does not open without one", async () => {
    const { agent: made, port } = await agent({ listen: listen("wss"), tls: { certificate } });
    expect(made.addresses[0]!.transport).toBe("wss");
    const { socket, message } = await browser(`wss://localhost:${port}/`, { ca: authority });
    socket.send(request("OPTIONS", "1").replace("/WS ", "/WSS "));
    expect(header(await message(), "Via")).toContain("SIP/2.0/WSS");
    await expect(agent({ listen: listen("wss") })).rejects.toMatchObject({ code: "bad_configuration" });
  });

  it("closes on a frame that is too large, on silence, and on a peer that answers no ping", async () => {
    const clock = new VirtualClock();
    let received: () => void = () => undefined;
    const transport = await openWebSocket()(listen("ws")[0]!, () => received(), clock);
    cleanUp.push(() => transport.close());
    const url = `ws://${host}:${transport.address.port}/`;
    const [large, silent, deaf] = [await browser(url), await browser(url), await browser(url)];
    large.socket.send("x".repeat(70_000));
    expect((await once(large.socket, "close"))[0]).toBe(1009);
    const arrived = new Promise<void>((resolve) => (received = resolve));
    deaf.socket.send(request("OPTIONS", "1"));
    await arrived;
    await clock.advance(32_000);
    await once(silent.socket, "close");
    expect(deaf.socket.readyState).toBe(WebSocket.OPEN);
    deaf.socket.pause();
    await clock.advance(60_000);
    deaf.socket.resume();
    await once(deaf.socket, "close");
  });
});
