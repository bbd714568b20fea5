import { createSocket } from "node:dgram";
import { createServer } from "node:http";
import { Action, RestClient } from "piopiy";
import { answerSdp, openRawTrunk } from "./raw-trunk.ts";
import { app, startServerProcess } from "./server-process.ts";
import { bind, within } from "./sockets.ts";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const CALLS = 20;
const EVENT = 101;
const KEY_TICKS = 800;

/** From the release of the key that completes the input (the first packet with the end bit) to its POST at the application. */
export async function digitLatency(): Promise<readonly Figure[]> {
  const trunk = await openRawTrunk();
  const application = await openApplication();
  const keypad = await openKeypad();
  const server = await startServerProcess({ config: { trunks: [{ name: "far", host: "127.0.0.1", port: trunk.port }] } });
  const client = new RestClient(app.appid, app.secret, { baseUrl: server.url });
  const flow = new Action().input(application.url, { max_digit: 1 }).PCMO();
  const sdp = answerSdp(keypad.port).replace("RTP/AVP 0", `RTP/AVP 0 ${EVENT}`) + `a=rtpmap:${EVENT} telephone-event/8000\r\n`;
  const call = async (): Promise<number> => {
    const [invite, over] = [trunk.next("INVITE"), trunk.next("BYE")];
    await client.voice.call(919_000_000_001, 918_000_000_000, flow);
    const arrived = await invite;
    const [posted, up] = [application.posted(), keypad.up()];
    arrived.respond(200, "OK", sdp);
    await up;
    const releasedMs = keypad.press();
    const delayMs = (await posted) - releasedMs;
    await over;
    return delayMs;
  };
  const runs: number[][] = [];
  try {
    for (let run = 0; run <= RUNS; run++) {
      const delays: number[] = [];
      for (let count = 0; count < CALLS; count++) delays.push(await call());
      // The first run warms everything up.
      if (run > 0) runs.push(delays);
    }
  } finally {
    trunk.close();
    application.close();
    keypad.close();
    await server.close();
  }
  return [figure("Key released to the POST of the digits, p95", "ms", runs.map((delays) => percentile(delays, 0.95)), { is: "at most", value: 30 })];
}

/** The far end's media: a bare socket that learns from the first packet where to send keys. */
async function openKeypad() {
  const socket = createSocket("udp4");
  const port = await bind(socket);
  let target: { readonly port: number; readonly address: string } | undefined;
  let waiting: (() => void) | undefined;
  let sequence = 0;
  socket.on("message", (_, { address, port: from }) => {
    if (target?.port === from) return;
    target = { address, port: from };
    waiting?.();
  });
  const send = (ticks: number, end: boolean, timestamp: number) => {
    const packet = new DataView(new ArrayBuffer(16));
    packet.setUint8(0, 0x80);
    packet.setUint8(1, EVENT | (ticks === 160 ? 0x80 : 0));
    packet.setUint16(2, (sequence += 1) & 0xffff);
    packet.setUint32(4, timestamp);
    packet.setUint32(8, 7);
    packet.setUint8(12, 5);
    packet.setUint8(13, (end ? 0x80 : 0) | 10);
    packet.setUint16(14, ticks);
    socket.send(packet, target?.port ?? 0, target?.address ?? "127.0.0.1");
  };
  return {
    port,
    /** Resolves when the next call's media has come. */
    up: () => within("media of the call", new Promise<void>((resolve) => (waiting = resolve))),
    /** Presses a key; when it was released. */
    press(): number {
      const timestamp = (sequence + 1) * 10_000;
      for (let ticks = 160; ticks < KEY_TICKS; ticks += 160) send(ticks, false, timestamp);
      const releasedMs = performance.now();
      for (let time = 0; time < 3; time++) send(KEY_TICKS, true, timestamp);
      return releasedMs;
    },
    close: () => void socket.close(),
  };
}

async function openApplication() {
  let waiting: ((atMs: number) => void) | undefined;
  const server = createServer((request, response) => {
    waiting?.(performance.now());
    request.resume().on("end", () => response.end("[]"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/digits`,
    posted: () => within("the POST of the digits", new Promise<number>((resolve) => (waiting = resolve))),
    close: () => void server.close(),
  };
}
