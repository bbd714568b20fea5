import { createSocket } from "node:dgram";
import { Action, RestClient } from "piopiy";
import { answerSdp, openRawTrunk, type RawTrunk } from "./raw-trunk.ts";
import { app, startServerProcess } from "./server-process.ts";
import { bind, within } from "./sockets.ts";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const CALLS = 60;
const WARM_UP = 10;
const RTP_HEADER_BYTES = 12;
const PROMPT = { name: "prompt.wav", durationMs: 60 };

/** From the far end's 200 OK to the first RTP packet in which the prompt can be heard; the prompt was played before. */
export async function firstPacket(): Promise<readonly Figure[]> {
  const trunk = await openRawTrunk();
  const ear = await openEar();
  const trunks = [{ name: "far", host: "127.0.0.1", port: trunk.port }];
  const server = await startServerProcess({ config: { trunks }, tones: [PROMPT] });
  const client = new RestClient(app.appid, app.secret, { baseUrl: server.url });
  const runs: number[][] = [];
  try {
    await calls(client, trunk, ear, WARM_UP);
    for (let run = 0; run < RUNS; run++) runs.push(await calls(client, trunk, ear, CALLS));
  } finally {
    trunk.close();
    ear.close();
    await server.close();
  }
  return [
    figure("200 OK to the first packet of a cached prompt, p50", "ms", runs.map((delays) => percentile(delays, 0.5))),
    figure("200 OK to the first packet of a cached prompt, p95", "ms", runs.map((delays) => percentile(delays, 0.95)), { is: "at most", value: 40 }),
  ];
}

async function calls(client: RestClient, trunk: RawTrunk, ear: Ear, count: number): Promise<number[]> {
  const flow = new Action().playMusic(PROMPT.name).PCMO();
  const delays: number[] = [];
  for (let call = 0; call < count; call++) {
    const invited = trunk.next("INVITE");
    const over = trunk.next("BYE");
    await client.voice.call(919_000_000_001, 918_000_000_000, flow);
    const invite = await invited;
    const heard = ear.nextSound();
    const fromMs = performance.now();
    invite.respond(200, "OK", answerSdp(ear.port));
    delays.push((await heard) - fromMs);
    await over;
  }
  return delays;
}

/** Where the far end takes RTP. */
export interface Ear {
  readonly port: number;
  /** When the next packet with anything but silence was read. */
  nextSound(): Promise<number>;
  close(): void;
}

export async function openEar(): Promise<Ear> {
  const socket = createSocket("udp4");
  let waiting: ((atMs: number) => void) | undefined;
  const port = await bind(socket);
  socket.on("message", (packet) => {
    if (!waiting || !audible(packet)) return;
    waiting(performance.now());
    waiting = undefined;
  });
  return {
    port,
    nextSound: () => within("a packet of the prompt", new Promise<number>((resolve) => (waiting = resolve))),
    close: () => void socket.close(),
  };
}

/** Holds an RTP packet of G.711 µ-law anything but its two codes for zero? */
export const audible = (packet: Uint8Array): boolean => packet.subarray(RTP_HEADER_BYTES).some((code) => code !== 0xff && code !== 0x7f);
