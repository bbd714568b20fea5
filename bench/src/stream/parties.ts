import { createSocket } from "node:dgram";
import { once } from "node:events";
import { RestClient } from "piopiy";
import { WebSocketServer, type WebSocket } from "ws";
import { commandOf, type Place } from "../place.ts";
import { answerSdp, openRawTrunk } from "../raw-trunk.ts";
import { app, startServerProcess } from "../server-process.ts";
import { bind, within } from "../sockets.ts";
import { chooseProtocol, EXACT_PROTOCOL, isStart, streamTo, unspoken, type Protocol } from "./protocols.ts";
import { createRecording, type Recording } from "./recording.ts";

/** A call: the bot's socket, and what the phone at its other end hears. Both are in this process, and have one clock. */
export interface Party {
  readonly bot: WebSocket;
  readonly recording: Recording;
}

export interface Parties {
  readonly all: readonly Party[];
  close(): Promise<void>;
}

const FRAME_MS = 20;

/** So many calls, which the server places to phones here and connects to bots here. The phones send silence. */
export async function openParties({ place, count, protocol }: { readonly place: Place; readonly count: number; readonly protocol: Protocol }): Promise<Parties> {
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const one of closing.splice(0).toReversed()) await one();
  };
  try {
    const trunk = await openRawTrunk();
    closing.push(() => trunk.close());
    const bots = await openBots();
    closing.push(() => bots.close());
    const trunks = [{ name: "far", host: "127.0.0.1", port: trunk.port }];
    const server = await startServerProcess({ config: { trunks }, under: commandOf(place), node: place.node });
    closing.push(() => server.close());
    const client = new RestClient(app.appid, app.secret, { baseUrl: server.url });
    const all: Party[] = [];
    for (let number = 0; number < count; number++) {
      const phone = await openPhone();
      closing.push(() => phone.close());
      const bot = bots.next().then((socket) => spoken(socket, protocol));
      const flow = [streamTo(bots.port, { protocol })];
      const [invited] = await Promise.all([trunk.next("INVITE"), client.voice.call(919_000_000_001, 918_000_000_000, flow)]);
      phone.sendTo(mediaPort(invited.text));
      invited.respond(200, "OK", answerSdp(phone.port));
      all.push({ bot: await bot, recording: phone.recording });
    }
    return { all, close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

/** The bot, once it is spoken to in the protocol that was asked for. */
async function spoken(bot: WebSocket, protocol: Protocol): Promise<WebSocket> {
  if ((bot.protocol === EXACT_PROTOCOL) !== (protocol === "v1")) throw unspoken(protocol);
  const [data, isBinary]: unknown[] = await within("the first message to the bot", once(bot, "message"));
  if (protocol === "v1" && (isBinary === true || !isStart(String(data)))) throw unspoken(protocol);
  return bot;
}

const mediaPort = (offer: string): number => Number(/^m=audio (\d+)/m.exec(offer)?.[1] ?? Number.NaN);

/** Where bots are connected to. */
async function openBots() {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, handleProtocols: chooseProtocol });
  await new Promise<void>((resolve) => server.once("listening", () => resolve()));
  server.on("connection", (socket) => socket.on("error", () => undefined));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    next: () => within("the connection to the bot", new Promise<WebSocket>((resolve) => void server.once("connection", resolve))),
    close() {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

/** A phone's media: a bare socket that sends silence in time, and records what comes. */
async function openPhone() {
  const socket = createSocket("udp4");
  const recording = createRecording();
  const port = await bind(socket);
  socket.on("message", (datagram) => recording.push(datagram, performance.now()));
  let timer: NodeJS.Timeout | undefined;
  return {
    port,
    recording,
    sendTo(remote: number) {
      const packet = silentPacket();
      let dueMs = performance.now();
      const send = () => {
        advance(packet);
        socket.send(packet, remote, "127.0.0.1");
        dueMs += FRAME_MS;
        timer = setTimeout(send, dueMs - performance.now());
      };
      send();
    },
    close() {
      clearTimeout(timer);
      socket.close();
    },
  };
}

function silentPacket(): DataView<ArrayBuffer> {
  const packet = new DataView(new ArrayBuffer(172));
  packet.setUint8(0, 0x80);
  packet.setUint32(8, 7);
  new Uint8Array(packet.buffer, 12).fill(0xff);
  return packet;
}

function advance(packet: DataView): void {
  packet.setUint16(2, (packet.getUint16(2) + 1) & 0xffff);
  packet.setUint32(4, packet.getUint32(4) + 160);
}
