import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp } from "node:http";
import { createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { scope, systemClock, VirtualClock } from "../../base/index.ts";
import type { StreamRequest } from "../../interpreter/index.ts";
import { signatureOf } from "../../outbox/index.ts";
import { authority, server as certificate } from "../../sip/transport/certificates.test.data.ts";
import { startBotServer, type BotServer, type BotServerOptions } from "./bot-server.test.support.ts";
import { fakeCall } from "./line.test.support.ts";
import { signedTarget } from "./signature.ts";
import { createStreamSockets, type StreamSocketsOptions } from "./stream-sockets.ts";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function botServer(options?: BotServerOptions): Promise<BotServer> {
  const bot = await startBotServer(options);
  closers.push(() => bot.close());
  return bot;
}

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => new Promise((done) => server.close(done)));
  const address = server.address();
  return `127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
}

const request: StreamRequest = {
  id: "a stream", url: "", sampleRateHz: 8000, listenMode: "caller",
  call: { callId: "a call", legId: "a leg", appid: "1", from: "2", to: "3", direction: "inbound" },
};

/** Opens a stream, which ends with the test. */
async function open(more: Partial<StreamRequest>, options: Partial<StreamSocketsOptions> = {}) {
  const sockets = createStreamSockets({ allowPrivate: true, clock: systemClock, ...options });
  closers.push(() => sockets.close());
  const life = scope();
  const stream = await sockets.port.open({ ...request, ...more }, fakeCall().line, life.signal);
  return { life, stream };
}

describe("the sub-protocol", () => {
  const v1 = "piopiy.v1";
  const first: BotServerOptions["select"] = ([offered = ""]) => offered;
  it.each<[StreamRequest["speaks"], string, BotServerOptions["select"], string | undefined, boolean]>([
    [undefined, "selects the first", first, undefined, false],
    ["compatible", "selects the first", first, undefined, false],
    ["twilio", "selects the first", first, undefined, false],
    ["v1", "selects it", first, v1, true],
    ["v1", "knows of none", undefined, v1, true],
    ["auto", "selects it", first, v1, true],
    ["auto", "knows of none", undefined, v1, false],
  ])("of %s with a bot that %s", async (speaks, _, select, offered, exact) => {
    const bot = await botServer(select && { select });
    const { life, stream } = await open({ url: bot.url, ...(speaks && { speaks }) });
    const taken = await bot.taken();
    life.close();
    await stream.ended;
    await taken.closed;
    expect(taken.headers["sec-websocket-protocol"]).toBe(offered);
    expect(taken.texts[0]?.["type"] === "start").toBe(exact);
  });

  it("that was not offered is refused", async () => {
    const bot = await botServer({ select: () => "another" });
    await expect(open({ url: bot.url, speaks: "v1" })).rejects.toMatchObject({ code: "stream_failed", message: expect.stringContaining("was not offered") });
  });

  it("twilio has its own rate, whatever the action says", async () => {
    const bot = await botServer();
    const { life, stream } = await open({ url: bot.url, speaks: "twilio", sampleRateHz: 16_000 });
    const { texts, closed } = await bot.taken();
    life.close();
    await stream.ended;
    await closed;
    expect(texts[1]).toMatchObject({ event: "start", start: { mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000 } } });
  });
});

describe("what a bot is asked with", () => {
  const secrets = ["the secret of today", "the secret before"];
  const sign = (target: string) => signatureOf(secrets, target, 1_700_000_000_000);
  const hmac = (secret: string, target: string) => createHmac("sha256", secret).update(`1700000000.${target}`).digest("hex");

  it("has the headers of the action, and no signature without a secret", async () => {
    const bot = await botServer();
    await open({ url: bot.url, headers: { Authorization: "Bearer x", "X-Tenant": "7" }, sign: () => undefined, signUrl: true });
    const { headers, target } = await bot.taken();
    expect(headers).toMatchObject({ authorization: "Bearer x", "x-tenant": "7" });
    expect([headers["piopiy-signature"], headers["piopiy-resume"], target]).toEqual([undefined, undefined, "/bot"]);
  });

  it.each(["?call=42&x=a%20b", ""])("is signed with every secret, over path and query as they are asked for: %j", async (query) => {
    const bot = await botServer();
    await open({ url: `${bot.url}${query}`, sign });
    const { headers, target } = await bot.taken();
    expect(headers["piopiy-signature"]).toBe(`t=1700000000,${secrets.map((secret) => `v1=${hmac(secret, target)}`).join(",")}`);
    expect(target).toBe(`/bot${query}`);
  });

  it.each([["?call=42", "?call=42&"], ["", "?"], ["?piopiy_signature=old", "?"], ["?a=1&piopiy_signature=old&b", "?a=1&b&"]])(
    "has the signature in the query, too, when that is asked for: %j", async (query, before) => {
      const bot = await botServer();
      await open({ url: `${bot.url}${query}`, sign, signUrl: true });
      const { headers, target } = await bot.taken();
      const [signed = "", signature = ""] = target.split(/[?&]piopiy_signature=/);
      expect(target.startsWith(`/bot${before}piopiy_signature=`)).toBe(true);
      expect(decodeURIComponent(signature)).toBe(headers["piopiy-signature"]);
      expect(headers["piopiy-signature"]).toContain(hmac("the secret of today", signed));
    },
  );

  it("leaves the URL itself as it was", () => {
    const url = new URL("ws://a/b?piopiy_signature=old");
    signedTarget(url, { sign, signUrl: true });
    expect(url.href).toBe("ws://a/b?piopiy_signature=old");
  });
});

describe("a bot behind TLS", () => {
  it.each<[string, string, RegExp]>([
    ["of an authority nobody knows", certificate.cert, /not trusted \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/],
    ["with its own authority", certificate.cert + authority, /not trusted \(SELF_SIGNED_CERT_IN_CHAIN\)/],
  ])("is refused with a certificate %s", async (_, cert, why) => {
    const bot = await botServer({ tls: { cert, key: certificate.key } });
    const refused = open({ url: `${bot.url}?token=secret` });
    await expect(refused).rejects.toMatchObject({ code: "stream_failed", message: expect.stringMatching(why) });
    await expect(refused).rejects.toMatchObject({ message: expect.not.stringContaining("secret") });
    expect(bot.count).toBe(0);
  });

  // The authorities are read when a process starts: one of its own, which runs what is built.
  const built = join(import.meta.dirname, "../../../dist/adapters/index.js");
  it("is trusted when its authority is given by NODE_EXTRA_CA_CERTS", async () => {
    const bot = await botServer({ tls: certificate });
    const folder = await mkdtemp(join(tmpdir(), "piopiy-test-"));
    closers.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "authority.pem"), authority);
    const program = `
      import { createStreamSockets } from ${JSON.stringify(built)};
      import { systemClock } from ${JSON.stringify(join(built, "../../base/index.js"))};
      const nothing = () => () => undefined;
      const line = { listen: nothing, digits: nothing, warn() {}, feed: nothing, play: nothing, perform() {} };
      const sockets = createStreamSockets({ allowPrivate: true, clock: systemClock });
      const request = { ...${JSON.stringify(request)}, url: ${JSON.stringify(bot.url)} };
      const stream = await sockets.port.open(request, line, new AbortController().signal);
      console.log("open", sockets.open);
      await sockets.close();`;
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, "authority.pem") };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
    expect(stdout).toBe("open 1\n");
    expect(bot.count).toBe(1);
  });
});

describe("a bot elsewhere", () => {
  it.each([301, 302, 307, 308])("is not followed to by a redirection with %i", async (status) => {
    const elsewhere = await botServer();
    const host = await listening(createHttp((_, response) => response.writeHead(status, { location: elsewhere.url }).end()));
    const message = expect.stringContaining(`redirects with HTTP ${status}`);
    await expect(open({ url: `ws://${host}/` })).rejects.toMatchObject({ code: "stream_failed", message });
    expect(elsewhere.count).toBe(0);
  });
});

describe("a standby", () => {
  const silent = () => listening(createTcp((socket) => void socket.on("error", () => undefined).resume()));

  it("is dialled when nobody answers at the first address", async () => {
    const standby = await botServer();
    await open({ url: "ws://127.0.0.1:9/", standbyUrl: standby.url });
    expect((await standby.taken()).target).toBe("/bot");
  });

  it("is dialled after half of the time when the first one takes too long", async () => {
    const clock = new VirtualClock();
    const [standby, host] = [await botServer(), await silent()];
    const opening = open({ url: `ws://${host}/`, standbyUrl: standby.url }, { clock });
    await clock.advance(4999);
    expect(standby.count).toBe(0);
    await clock.advance(1);
    await opening;
    expect(standby.count).toBe(1);
  });

  it("that cannot be connected to either is told beside the first", async () => {
    const host = await listening(createHttp((_, response) => response.writeHead(503).end()));
    await expect(open({ url: "ws://127.0.0.1:9/secret", standbyUrl: `ws://${host}/secret` })).rejects.toMatchObject({
      code: "stream_failed", message: expect.stringMatching(/^[^/]*ECONNREFUSED[^/]*standby[^/]*HTTP 503[^/]*$/),
    });
  });

  it("is not dialled when the call is over", async () => {
    const [standby, host] = [await botServer(), await silent()];
    const sockets = createStreamSockets({ allowPrivate: true, clock: systemClock });
    closers.push(() => sockets.close());
    const life = scope();
    const opening = sockets.port.open({ ...request, url: `ws://${host}/`, standbyUrl: standby.url }, fakeCall().line, life.signal);
    life.close("over");
    await expect(opening).rejects.toBe("over");
    expect(standby.count).toBe(0);
  });
});
