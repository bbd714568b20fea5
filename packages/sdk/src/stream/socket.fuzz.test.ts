import { connect } from "node:net";
import * as fc from "fast-check";
import { streamProtocol, writeAudioFrame } from "@piopiy/pcmo";
import { expect, it } from "vitest";
import { createStreamServer } from "./server.ts";

const seed = Number(process.env["PIOPIY_FUZZ_SEED"] ?? 20_261_122) | 0;
const budgetMs = Number(process.env["PIOPIY_FUZZ_MS"] ?? 250);
const host = "127.0.0.1";

const handshake = (protocol: string) => [
  "GET / HTTP/1.1", `Host: ${host}`, "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ...(protocol === "" ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]), "", "",
].join("\r\n");
const start = JSON.stringify({
  type: "start", seq: 1, version: 1, stream_id: "s", call_id: "c", leg_id: "l", app_id: "7", direction: "inbound", from: "1", to: "2", extra_params: null, parameters: {},
  listen_mode: "both", format: { encoding: "pcm_s16le", sample_rate: 8000, channels: 1, frame_ms: 20 }, limits: { queue_ms: 60_000, message_bytes: 2_097_152 }, resume: null,
});

/** A frame (RFC 6455 §5.2), masked with zeros; what it tells of itself need not be so. */
const frame = fc.record({
  first: fc.oneof(fc.constantFrom(0x81, 0x82, 0x88, 0x89, 0x8a, 0x01, 0x80, 0xc1), fc.nat(255)),
  payload: fc.oneof(
    fc.constantFrom(start, '{"type":"dtmf","seq":2,"digit":"1"}', '{"type":"stop","seq":2,"reason":"stopped","totals":{}}', '{"type":"mark","seq":2,"name":"x"}').map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 400 }).map((pcm) => Buffer.from(writeAudioFrame({ position: 7, pcm }))),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  ),
  more: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -5, max: 70_000 }) }),
}).map(({ first, payload, more }) => {
  const told = Math.max(0, payload.length + more);
  const length = told < 126 ? [0x80 | told] : told < 65_536 ? [0xfe, told >> 8, told & 0xff] : [0xff, 0, 0, 0, 0, 0, told >> 16, (told >> 8) & 0xff, told & 0xff];
  return Buffer.concat([Buffer.from([first, ...length, 0, 0, 0, 0]), payload]);
});

/** Says something on a connection of its own, and ends it. */
async function say(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect({ port, host });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => undefined).resume();
  socket.end(bytes);
  await closed;
}

it("a bot's server outlives whatever bytes come, and serves who comes next", async () => {
  let sessions = 0;
  const server = createStreamServer({
    port: 0, host, onError: () => undefined,
    async onCall(session) {
      sessions += 1;
      await session.ended;
    },
  });
  await server.ready;
  const { port } = server;
  let saying = Promise.resolve();
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(streamProtocol, "", "x"), fc.array(frame, { maxLength: 6 }), (protocol, frames) => (saying = say(port, Buffer.concat([Buffer.from(handshake(protocol)), ...frames])))),
    { seed, numRuns: 1_000_000, interruptAfterTimeLimit: budgetMs, markInterruptAsFailure: false },
  );
  // When the time is over, the last one may be in the middle of it.
  await saying;
  const before = sessions;
  await say(port, Buffer.concat([Buffer.from(handshake(streamProtocol)), Buffer.from([0x81, 0xfe, start.length >> 8, start.length & 0xff, 0, 0, 0, 0]), Buffer.from(start)]));
  expect(sessions).toBe(before + 1);
  await server.close();
}, 300_000);
