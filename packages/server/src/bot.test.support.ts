import { writeAudioFrame } from "@piopiy/pcmo";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { pcmBytes } from "./audio/index.ts";
import { concatBytes } from "./base/index.ts";

// A bot of these tests: a WebSocket server that keeps what it is sent.

export interface BotCall {
  readonly socket: WebSocket;
  /** The path and query it was dialled with. */
  readonly path: string;
  /** Binary frames, as they came. */
  readonly frames: readonly Uint8Array[];
  readonly texts: readonly string[];
  /** Resolves with the code when the socket has closed. */
  readonly closed: Promise<number>;
  /** Everything heard: 16 bit little-endian, behind a header of so many bytes in each frame. */
  heard(headerBytes?: number): Int16Array;
  /** Resolves when that many frames have come. */
  hears(frames: number): Promise<void>;
  /** `streamAudio` with these bytes. */
  say(bytes: Uint8Array, type?: string, sampleRate?: number): void;
  json(message: unknown): void;
  /** The messages of the exact protocol that have come. */
  readonly messages: readonly BotMessage[];
  /** Resolves with the messages of that type when there are so many. */
  told(type: string, count?: number): Promise<readonly BotMessage[]>;
  /** A part of an utterance, in the exact protocol. */
  utter(utterance: number, bytes: Uint8Array, flags?: { readonly last?: boolean; readonly live?: boolean }): void;
}

export interface BotMessage {
  readonly type: string;
  readonly seq: number;
  readonly [field: string]: unknown;
}

export interface Bot {
  readonly url: string;
  /** The next connection. */
  call(): Promise<BotCall>;
  readonly connections: number;
  close(): Promise<void>;
}

export async function startBot(): Promise<Bot> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((listening) => server.once("listening", listening));
  const waiting: ((call: BotCall) => void)[] = [];
  const calls: BotCall[] = [];
  server.on("connection", (socket, request) => {
    const call = botCall(socket, request.url ?? "");
    const next = waiting.shift();
    if (next) next(call);
    else calls.push(call);
  });
  const address: AddressInfo | string | null = server.address();
  return {
    url: `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/bot`,
    call: () => new Promise((taken) => {
      const there = calls.shift();
      if (there) taken(there);
      else waiting.push(taken);
    }),
    get connections() {
      return server.clients.size;
    },
    close: () => new Promise((done) => {
      for (const client of server.clients) client.terminate();
      server.close(() => done());
    }),
  };
}

function botCall(socket: WebSocket, path: string): BotCall {
  const frames: Uint8Array[] = [];
  const texts: string[] = [];
  const messages: BotMessage[] = [];
  const listeners = new Set<() => void>();
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) frames.push(new Uint8Array(data));
    else {
      texts.push(data.toString());
      messages.push(JSON.parse(data.toString()));
    }
    for (const listener of listeners) listener();
  });
  socket.on("error", () => undefined);
  const comes = <T>(check: () => T | undefined): Promise<T> => new Promise((found) => {
    const look = () => {
      const there = check();
      if (there === undefined) return;
      listeners.delete(look);
      found(there);
    };
    listeners.add(look);
    look();
  });
  return {
    socket, path, frames, texts,
    closed: new Promise((closed) => socket.once("close", closed)),
    heard: (headerBytes = 0) => samplesOf(concatBytes(frames.map((frame) => frame.subarray(headerBytes)))),
    hears: async (count) => void (await comes(() => frames.length >= count || undefined)),
    messages,
    told: (type, count = 1) => comes(() => {
      const found = messages.filter((message) => message.type === type);
      return found.length >= count ? found : undefined;
    }),
    utter: (utterance, pcm, flags) => socket.send(writeAudioFrame({ utterance, pcm, ...flags })),
    say: (bytes, audioDataType = "raw", sampleRate = 8000) =>
      socket.send(JSON.stringify({ type: "streamAudio", data: { audioDataType, sampleRate, audioData: Buffer.from(bytes).toString("base64") } })),
    json: (message) => socket.send(JSON.stringify(message)),
  };
}

/** Little-endian, as on the wire. */
export const samplesOf = (bytes: Uint8Array): Int16Array => new Int16Array(bytes.slice(0, bytes.length - (bytes.length % 2)).buffer);

export { pcmBytes };
