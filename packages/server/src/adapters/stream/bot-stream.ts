import type { RawData, WebSocket } from "ws";
import { scope, text, type Clock } from "../../base/index.ts";
import type { StreamEnd, StreamLine, StreamRequest } from "../../interpreter/index.ts";
import { createOutbox } from "./bot-stream-outbox.ts";
import { createPerformer } from "./bot-stream-performer.ts";
import type { Dialect, StopReason, StreamStart } from "./dialect.ts";
import { Intake, type Decode } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import { closeSocket, untilClosed, type Ending } from "./until-closed.ts";
import { createUplink } from "./uplink.ts";
import { Voice } from "./voice.ts";
import { limitedWarnings } from "./warnings.ts";

/** A bot on a call. It outlives its sockets: what the bot said, what it was told and how much it was are kept here. */
export interface BotStream {
  /**
   * Opens the stream on this socket, and lets the bot hear and speak over it. `resume`: where it may be taken up again.
   * Resolves when the socket is over, telling how; never rejects. One socket at a time.
   */
  attach(socket: WebSocket, resume?: Resume): Promise<Ending>;
  /**
   * The stream is over: resolves when what the bot had said was heard to its end (unless the call is over) and a socket
   * that is still there was told the totals and closed. Idempotent; never rejects.
   */
  close(ending: Ending): Promise<StreamEnd>;
}

export type Resume = Pick<NonNullable<StreamStart["resume"]>, "token" | "resumed">;

export interface BotStreamParts {
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly decode: Decode;
  /** The largest message that a bot may send. */
  readonly messageBytes: number;
  /** So much of what the party says is kept while there is no socket; nothing unless given. */
  readonly keepMs?: number;
}

const over: Ending = { by: "us", code: 1000, reason: "the call is over" };
const stopped: Ending = { by: "bot", code: 1000, reason: "stop" };
const lost: Ending = { by: "network", code: 1006, reason: "no answer to pings" };
const QUEUE_MS = 60_000;

/** A bot's stream, without a socket at first, until it is closed. `signal` aborts when the call is over. */
export function createBotStream(request: StreamRequest, line: StreamLine, parts: BotStreamParts, signal: AbortSignal): BotStream {
  const { clock, dialect, decode, messageBytes, keepMs = 0 } = parts;
  const life = scope(signal);
  const { warn, finish: finishWarnings } = limitedWarnings((warning) => line.warn(warning));
  const outbox = createOutbox(dialect);
  const uplink = createUplink(request.sampleRateHz, keepMs, (samples, position) => dialect.audio(samples, position));
  const rest = () => intake.rest();
  const overflow = () => warn({ warning: "stream_overflow" });
  const voice = new Voice({ play: (source, own) => line.play(source, own), clock, rest, overflow, signal });
  const failed = (message: string) => warn({ warning: "stream_audio", message });
  const intake: Intake = new Intake({ say: (samples) => voice.say(samples), decode, failed, signal });
  life.onClose(line.listen((samples) => uplink.push(samples)));
  life.onClose(line.digits((digit) => outbox.tell({ type: "dtmf", digit })));
  const startOf = (resume: Resume | undefined): StreamStart => ({
    streamId: request.id, call: request.call, parameters: request.parameters ?? {}, listenMode: request.listenMode,
    sampleRateHz: request.sampleRateHz, limits: { queueMs: QUEUE_MS, messageBytes },
    ...(resume && { resume: { ...resume, ...uplink.kept() } }),
  });
  const finish = async (how: Ending): Promise<StreamEnd> => {
    life.close();
    // The bot's last words are heard, unless the call is over: then nobody is there.
    await intake.idle();
    await voice.finish();
    finishWarnings();
    const { sentMs, unsentMs } = uplink;
    const { receivedMs, playedMs, droppedMs } = voice;
    const totals = { sentMs, unsentMs, receivedMs, playedMs, droppedMs };
    outbox.tell({ type: "stop", reason: reasonOf(how), totals });
    return { ...how, totals };
  };
  let end: Promise<StreamEnd> | undefined;
  const close = (how: Ending) => (end ??= finish(how));

  return {
    close,
    async attach(socket, resume) {
      const own = scope();
      const left = new Promise<Ending>((leave) => {
        const call = () => leave(over);
        if (life.signal.aborted) call();
        else life.signal.addEventListener("abort", call, { once: true });
        own.onClose(() => life.signal.removeEventListener("abort", call));
        const perform = createPerformer({ intake, voice, uplink, line, warn, signal, stop: () => leave(stopped) });
        const read = (data: RawData, isBinary: boolean) => {
          for (const asked of dialect.read(isBinary ? bytesOf(data) : text(bytesOf(data)))) if (!own.signal.aborted) perform(asked);
        };
        socket.on("message", read);
        own.onClose(() => socket.off("message", read));
        own.onClose(keepAlive(socket, clock, () => leave(lost)));
      });
      outbox.attach(socket, startOf(resume), { type: "credit", queuedMs: 0, freeMs: QUEUE_MS });
      uplink.attach(socket);
      const how = await Promise.race([untilClosed(socket), left]);
      own.close();
      uplink.detach();
      if (how === over || (how === stopped && dialect.untilHeard)) await close(how);
      outbox.detach();
      closeSocket(socket, how, clock);
      return how;
    },
  };
}

function reasonOf({ by, code }: Ending): StopReason {
  if (by === "bot") return "stopped";
  return code === 1000 ? "call_ended" : "protocol_error";
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
