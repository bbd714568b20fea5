import { readBotAudioFrame, writeAudioFrame, type BotAudioFrame } from "@piopiy/pcmo";
import { WebSocket } from "ws";
import { createStreamServer, type StreamServer, type StreamServerOptions, type StreamSession } from "./index.ts";

// The server's side of a stream, as a script of these tests says it.

export interface FakeServer {
  readonly socket: WebSocket;
  /** Sends a text message with the next `seq`. */
  tell(type: string, fields?: object): void;
  start(fields?: object): void;
  /** Sends audio of the call. */
  hear(samples: Int16Array, position: number): void;
  raw(bytes: Uint8Array | string): void;
  /** The next text message of the bot. */
  next(type?: string): Promise<Readonly<Record<string, unknown>>>;
  readonly texts: readonly Readonly<Record<string, unknown>>[];
  readonly frames: readonly BotAudioFrame[];
  /** Resolves when the condition holds, which is looked at after each message of the bot. */
  until(condition: () => boolean): Promise<void>;
  readonly closed: Promise<number>;
}

export interface DialOptions {
  readonly protocol?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly seq?: number;
}

export const startOf = (fields: object = {}) => ({
  version: 1, stream_id: "stream-1", call_id: "call-1", leg_id: "leg-1", app_id: "app-1", direction: "inbound", from: "100", to: "200",
  extra_params: null, parameters: {}, listen_mode: "caller", format: { encoding: "pcm_s16le", sample_rate: 8000, channels: 1, frame_ms: 20 },
  limits: { queue_ms: 60_000, message_bytes: 2 << 20 }, resume: null, ...fields,
});

export async function dial(url: string, { protocol, headers = {}, seq: from = 0 }: DialOptions = {}): Promise<FakeServer> {
  const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], { headers, perMessageDeflate: false });
  const texts: Readonly<Record<string, unknown>>[] = [];
  const frames: BotAudioFrame[] = [];
  const watchers = new Set<() => void>();
  let seq = from;
  let taken = 0;
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) {
      const frame = readBotAudioFrame(new Uint8Array(data));
      if ("issue" in frame) throw new Error(frame.issue);
      frames.push(frame);
    } else texts.push(JSON.parse(data.toString()));
    for (const watch of watchers) watch();
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("error", reject);
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const watch = () => {
        if (!condition()) return;
        watchers.delete(watch);
        resolve();
      };
      watchers.add(watch);
      watch();
    });
  const tell = (type: string, fields: object = {}) => {
    seq += 1;
    socket.send(JSON.stringify({ type, seq, ...fields }));
  };
  return {
    socket, texts, frames, closed, until, tell,
    start: (fields) => tell("start", startOf(fields)),
    hear: (samples, position) => socket.send(writeAudioFrame({ position, pcm: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength) })),
    raw: (bytes) => socket.send(bytes),
    async next(type) {
      for (;;) {
        await until(() => texts.length > taken);
        const message = texts[taken] ?? {};
        taken += 1;
        if (type === undefined || message["type"] === type) return message;
      }
    },
  };
}

export interface Bot {
  readonly server: StreamServer;
  readonly url: string;
  /** The next session. */
  session(): Promise<StreamSession>;
  readonly errors: readonly unknown[];
}

/** A stream server whose sessions are handed out one after the other. */
export async function startBot(options: Partial<StreamServerOptions> = {}): Promise<Bot> {
  const sessions: StreamSession[] = [];
  const waiting: ((session: StreamSession) => void)[] = [];
  const errors: unknown[] = [];
  const server = createStreamServer({
    port: 0, host: "127.0.0.1",
    onError: (error) => void errors.push(error),
    ...options,
    async onCall(session) {
      const next = waiting.shift();
      if (next) next(session);
      else sessions.push(session);
      await options.onCall?.(session);
    },
  });
  await server.ready;
  return {
    server, url: server.url, errors,
    session: () => new Promise((resolve) => {
      const there = sessions.shift();
      if (there) resolve(there);
      else waiting.push(resolve);
    }),
  };
}

/** 20 ms frames whose samples count up from `from`. */
export const ramp = (length: number, from = 0): Int16Array => Int16Array.from({ length }, (_, index) => (from + index) % 30_000);
