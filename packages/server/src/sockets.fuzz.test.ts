import { createHash } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channels, sleep, systemClock } from "./base/index.ts";
import { bytesOf, fuzz, type FuzzTarget } from "./fuzz.test.support.ts";
import type { Chance } from "./fuzz-mutation.test.support.ts";
import { rawRequest } from "./raw-sip.test.support.ts";
import { app, callerId, host, startWorld, type World } from "./server-world.test.support.ts";

// One server for all of it: what one target breaks, the last test finds.
let world: World;
const failures: unknown[] = [];
const failed = (event: unknown) => void failures.push(event);
beforeAll(async () => {
  channels.failure.subscribe(failed);
  world = await startWorld({ phones: 2, config: { sip: { host, udp: 0, tcp: 0, ws: { port: 0 } } } });
});
afterAll(async () => {
  channels.failure.unsubscribe(failed);
  await world.close();
});

const portOf = (transport: "tcp" | "ws") => world.server.sip.find((address) => address.transport === transport)?.port ?? 0;
const LINGERS_MS = 300;

/** Says something on a connection of its own, in two pieces, and ends it; tells how the answer begins. */
async function say(port: number, bytes: Uint8Array): Promise<string> {
  const socket = connect({ port, host });
  let answer = "";
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined).on("data", (data: Buffer) => (answer = (answer + data.toString("latin1")).slice(0, 12)));
  socket.write(bytes.subarray(0, bytes.length >> 1));
  socket.end(bytes.subarray(bytes.length >> 1));
  const limit = new AbortController();
  await Promise.race([closed, sleep(systemClock, LINGERS_MS, limit.signal).catch(() => undefined)]);
  limit.abort();
  const lingers = !socket.destroyed;
  socket.destroy();
  await closed;
  return `${answer} ${lingers}`;
}

const handshake = (path = "/", more: readonly string[] = []) => [
  `GET ${path} HTTP/1.1`, `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
  `Sec-WebSocket-Key: ${createHash("md5").update(path).digest("base64")}`, "Sec-WebSocket-Protocol: sip", ...more, "", "",
].join("\r\n");

/** A frame (RFC 6455 §5.2) whose header says what it likes. */
function frame(first: number, payload: Uint8Array, told = payload.length, masked = true): Uint8Array {
  const length = told < 126 ? [told] : told < 65_536 ? [126, told >> 8, told & 0xff] : [127, 0, 0, 0, 0, (told >>> 24) & 0xff, (told >>> 16) & 0xff, (told >>> 8) & 0xff, told & 0xff];
  const [head = 0, ...tail] = length;
  return Uint8Array.from([first, head | (masked ? 0x80 : 0), ...tail, ...(masked ? [0, 0, 0, 0] : []), ...payload]);
}

const options = () => bytesOf(rawRequest("OPTIONS", { transport: "tcp", port: 9 }));
const joined = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const frames = () => [frame(0x81, options()), frame(0x82, options()), frame(0x89, bytesOf("ping")), frame(0x88, Uint8Array.of(3, 232)), frame(0x01, bytesOf("SIP")), frame(0x80, bytesOf("/2.0"))];

function webSocketInput(random: Chance): Uint8Array {
  const some = () => frame(random.below(256), random.of([options(), random.bytes(random.below(200)), new Uint8Array()]), random.of([0, 125, 126, 65_536, 4_294_967_295, random.below(300)]), !random.one(5));
  const begin = handshake("/", random.one(3) ? [random.of(["Sec-WebSocket-Extensions: permessage-deflate", "Sec-WebSocket-Version: 99", `X: ${"x".repeat(random.below(20_000))}`, "Content-Length: 5"])] : []);
  return joined(bytesOf(begin), ...Array.from({ length: random.below(6) }, some));
}

const connected = (name: string, target: Omit<FuzzTarget, "name" | "run" | "inputMs">, port: () => number) =>
  fuzz({ ...target, name, inputMs: 2000, growthBytes: 16 << 20, run: (input) => say(port(), input) });

describe("bytes on a connection to us", () => {
  it("as a WebSocket", async () => {
    const begin = bytesOf(handshake());
    const report = await connected("ws-socket", {
      seeds: [joined(begin, ...frames()), ...frames().map((one) => joined(begin, one)), handshake("/other"), bytesOf("GET / HTTP/1.1\r\n\r\n")],
      words: ["\r\n\r\n", "Upgrade: ", "websocket", "Sec-WebSocket-Key: ", "Transfer-Encoding: chunked", "HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], grammar: webSocketInput,
    }, () => portOf("ws"));
    expect(report.outcomes).toBeGreaterThan(1);
  }, 300_000);

  it("as SIP over TCP", async () => {
    const report = await connected("tcp-socket", {
      seeds: [options(), joined(options(), bytesOf("\r\n\r\n"), options()), rawRequest("REGISTER", { transport: "tcp", port: 9 }), rawRequest("INVITE", { transport: "tcp", port: 9 }, {}, "v=0")],
      words: ["\r\n\r\n", "Content-Length: 99999999", "l: 0", "SIP/2.0"],
    }, () => portOf("tcp"));
    expect(report.outcomes).toBeGreaterThan(1);
  }, 300_000);

  it("as HTTP", async () => {
    const post = (body: string) => `POST /v2/global_pcmo_make_call HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const report = await connected("http-socket", {
      seeds: [post("{}"), "GET /health HTTP/1.1\r\nHost: x\r\n\r\n", "GET /recordings/x HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1,-5\r\n\r\n", "POST /v1/call/action HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n0\r\n\r\n"],
      words: ["\r\n\r\n", "Content-Length: -1", "Transfer-Encoding: chunked", "ffffffffffffffff\r\n", "Expect: 100-continue", "%00", "../../", "Authorization: Basic ====", "HTTP/1.0"],
    }, () => Number(new URL(world.server.url).port));
    expect(report.outcomes).toBeGreaterThan(2);
  }, 300_000);
});

it("a body of a request is taken or refused with what is wrong, never with an error of ours", async () => {
  const call = { ...app, from: callerId, to: world.unregistered(), pcmo: [{ action: "play", file_name: "a.wav" }], extra_params: { a: 1 } };
  const routes = ["/v2/global_pcmo_make_call", "/v2/pcmo_make_call", "/v1/call/action", "/v2/make_call", "/calls", "/simulate", "/check"] as const;
  const seeds = [call, { ...app, cmiuuid: "x", action: "hangup" }, { ...call, pcmo: [{ action: "connect", connect: [{ type: "pstn", number: "1" }] }] }, { ...call, answer_url: "https://example.com" }];
  const report = await fuzz({
    name: "http-body", seeds: seeds.flatMap((body, index) => routes.map((_, route) => `${route}${JSON.stringify(body)}`).slice(0, index === 0 ? 7 : 2)),
    words: ['"to":', '"pcmo":[', '{"action":"stream","ws_url":"ws://h"}', "null", "1e999", "[[[[[[", '"__proto__":', "\\u0000", '"appid":', "{", "}"], inputMs: 2000, growthBytes: 24 << 20,
    async run(input) {
      const route = routes[(input[0] ?? 0) % routes.length] ?? routes[0];
      const response = await fetch(`${world.server.url}${route}`, { method: "POST", body: Buffer.from(input.subarray(1)), headers: { "content-type": "application/json" } });
      const answer = await response.text();
      if (response.status >= 500) throw new Error(`${route} answered ${response.status}: ${answer.slice(0, 200)}`);
      if (response.headers.get("content-type")?.includes("json")) JSON.parse(answer);
      return `${route} ${response.status}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(4);
}, 300_000);

it("after all of that, who behaves is served, and nobody has failed", async () => {
  expect(await say(portOf("tcp"), options())).toBe("SIP/2.0 200  false");
  const phone = await world.phone();
  expect(phone.username).not.toBe("");
  expect(failures).toEqual([]);
});
