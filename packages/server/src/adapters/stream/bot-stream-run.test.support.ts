import { readServerAudioFrame } from "@piopiy/pcmo";
import { scope, VirtualClock } from "../../base/index.ts";
import type { StreamEnd, StreamRequest } from "../../interpreter/index.ts";
import { createBotStream } from "./bot-stream.ts";
import type { Dialect, DialectOptions } from "./dialect.ts";
import { exactDialect } from "./exact.ts";
import { fakeCall } from "./line.test.support.ts";
import { FakeSocket, jsonMessage, type JsonMessage } from "./socket.test.support.ts";

export const request: StreamRequest = {
  id: "a stream", url: "", sampleRateHz: 8000, listenMode: "caller", parameters: { customer: "42" },
  call: { callId: "a call", legId: "a leg", appid: "1", from: "2", to: "3", direction: "inbound" },
};

interface RunOptions {
  readonly dialect?: (options: DialectOptions) => Dialect;
  readonly sampleRateHz?: 8000 | 16_000;
  readonly keepMs?: number;
  readonly decode?: (bytes: Uint8Array, signal: AbortSignal) => Promise<Int16Array>;
}

/** A stream with a socket, on a call that hears as the test lets time pass. */
export function running({ dialect = exactDialect, sampleRateHz = 8000, keepMs = 5000, decode = () => Promise.reject(new Error("no files")) }: RunOptions = {}) {
  const clock = new VirtualClock();
  const call = fakeCall({ timed: true });
  const life = scope();
  const parts = { clock, dialect: dialect({ sampleRateHz }), decode, messageBytes: 2 << 20, keepMs };
  const stream = createBotStream({ ...request, sampleRateHz }, call.line, parts, life.signal);
  const sockets: FakeSocket[] = [];
  /** Told, on whichever socket, with what the party had heard then. */
  const told: JsonMessage[] = [];
  const frames: Uint8Array[] = [];
  let end: Promise<StreamEnd> | undefined;
  let attached: Promise<unknown> = Promise.resolve();
  const watchers: ((message: JsonMessage) => void)[] = [];
  const attach = () => {
    const socket = new FakeSocket((frame) => {
      if (typeof frame === "string") {
        told.push(jsonMessage(frame));
        for (const watch of watchers) watch(jsonMessage(frame));
      } else frames.push(frame);
    });
    sockets.push(socket);
    attached = stream.attach(socket, { token: "a token", resumed: sockets.length > 1 }).then((how) => {
      if (how.by !== "network") end = stream.close(how);
    });
  };
  attach();
  return {
    clock, call, stream, sockets, told, frames, attach, life,
    get socket() {
      return sockets.at(-1) ?? new FakeSocket();
    },
    watch: (watcher: (message: JsonMessage) => void) => void watchers.push(watcher),
    of: (type: string) => told.filter((message) => message.type === type),
    positions: () => frames.map((frame) => {
      const read = readServerAudioFrame(frame);
      return "issue" in read ? -1 : read.position;
    }),
    /** So many turns of 20 ms, in which the party says silence and hears what there is. */
    async pass(turns: number) {
      for (let turn = 0; turn < turns; turn++) {
        call.say(new Int16Array(160));
        call.frame();
        await clock.advance(20);
      }
    },
    /** Lets time pass until the stream is over. */
    async over(): Promise<StreamEnd> {
      for (let turn = 0; turn < 7000 && !end; turn++) {
        call.frame();
        await clock.advance(20);
      }
      await attached;
      if (!end) throw new Error("the stream goes on");
      let result: StreamEnd | undefined;
      void end.then((ended) => (result = ended));
      for (let turn = 0; turn < 7000 && !result; turn++) {
        call.frame();
        await clock.advance(20);
      }
      return await end;
    },
  };
}
