import type { RawData } from "ws";
import { scope, text, type Clock } from "../../base/index.ts";
import type { StreamEnd, StreamLine, StreamRequest } from "../../interpreter/index.ts";
import { createOutbox } from "./bot-stream-outbox.ts";
import { createPerformer, speak, type Perform } from "./bot-stream-performer.ts";
import type { Dialect, StopReason, StreamEvent, StreamStart } from "./dialect.ts";
import { Intake, type Decode } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import { closeSocket, untilClosed, type BotSocket, type Ending } from "./until-closed.ts";
import { createUplink } from "./uplink.ts";
import { QUEUE_MS } from "./voice-room.ts";
import { Voice } from "./voice.ts";
import { createWarnings } from "./warnings.ts";

/** A bot on a call. It outlives its sockets: what the bot said, what it was told and how much it was are kept here. */
export interface BotStream {
  /**
   * Opens the stream on this socket, and lets the bot hear and speak over it. `resume`: where it may be taken up again.
   * Resolves when the socket is over, telling how; never rejects. One socket at a time.
   */
  attach(socket: BotSocket, resume?: Resume): Promise<Ending>;
  /**
   * The stream is over: resolves when what the bot had said was heard to its end (unless the call is over). Idempotent;
   * never rejects.
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

/** A bot's stream, without a socket at first, until it is closed. `signal` aborts when the call is over. */
export function createBotStream(request: StreamRequest, line: StreamLine, parts: BotStreamParts, signal: AbortSignal): BotStream {
  const { clock, dialect, decode, messageBytes, keepMs = 0 } = parts;
  const life = scope(signal);
  const outbox = createOutbox(dialect);
  const warnings = createWarnings((warning) => line.warn(warning), (event) => outbox.tell(event));
  const uplink = createUplink(request.sampleRateHz, keepMs, (samples, position) => dialect.audio(samples, position));
  const tell = (event: StreamEvent) => {
    if (event.type === "overflow") warnings.warn({ warning: "stream_overflow" });
    outbox.tell(event);
  };
  const refused = (message: string) => warnings.issues([{ path: "/utterance", message }]);
  const voice = new Voice({ feed: (options) => line.feed(options), clock, drops: dialect.drops ?? "oldest", tell, refused, signal });
  const failed = (message: string) => warnings.warn({ warning: "stream_audio", message });
  const intake: Intake = new Intake({ pass: (spoken, decoded) => speak(voice, spoken, decoded), decode, failed, signal });
  const perform = createPerformer({ intake, voice, uplink, line, warnings, signal });
  life.onClose(line.listen((samples) => uplink.push(samples)));
  life.onClose(line.digits((digit) => outbox.tell({ type: "dtmf", digit })));

  const finish = async (how: Ending): Promise<StreamEnd> => {
    life.close();
    // The bot's last words are heard, unless the call is over: then nobody is there.
    await intake.idle();
    await voice.finish();
    warnings.finish();
    const totals = totalsOf(uplink, voice);
    outbox.tell({ type: "stop", reason: reasonOf(how), totals });
    outbox.detach();
    return { ...how, totals };
  };
  const leaveSocket = () => {
    uplink.detach();
    outbox.detach();
  };
  let end: Promise<StreamEnd> | undefined;
  const close = (how: Ending) => (end ??= finish(how));
  return {
    close,
    async attach(socket, resume) {
      const refusing = () => {
        outbox.tell({ type: "stop", reason: "protocol_error", totals: totalsOf(uplink, voice) });
        leaveSocket();
      };
      const left = use(socket, { clock, dialect, perform, refusing, ended: life.signal });
      const start = { ...startOf(request, messageBytes), ...(resume && { resume: { ...resume, ...uplink.kept() } }) };
      voice.away(false);
      outbox.attach(socket, start, voice.credit());
      uplink.attach(socket);
      const how = await left;
      uplink.detach();
      if (how === over || (how === stopped && dialect.untilHeard)) await close(how);
      outbox.detach();
      if (keepMs > 0 && !end) voice.away(true);
      closeSocket(socket, how, clock);
      return how;
    },
  };
}

interface SocketUse {
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly perform: Perform;
  readonly refusing: () => void;
  /** Aborts when the stream is over. */
  readonly ended: AbortSignal;
}

/** Does what the bot asks for on a socket, until it asks for no more, the socket is closed or lost, or the stream is over. */
async function use(socket: BotSocket, { clock, dialect, perform, refusing, ended }: SocketUse): Promise<Ending> {
  const own = scope(ended);
  const left = new Promise<Ending>((resolve) => {
    const leave = (how: Ending) => {
      resolve(how);
      own.close();
    };
    const read = (data: RawData, isBinary: boolean) => {
      if (own.signal.aborted) return;
      for (const asked of dialect.read(isBinary ? bytesOf(data) : text(bytesOf(data)))) {
        if (own.signal.aborted) return;
        if (asked.type === "stop") leave(stopped);
        else perform(asked);
      }
    };
    socket.on("message", read);
    own.onClose(keepAlive(socket, clock, () => leave(lost)));
    own.onClose(() => leave(over));
  });
  const how = await Promise.race([untilClosed(socket, refusing), left]);
  own.close();
  return how;
}

function startOf({ id: streamId, call, parameters = {}, listenMode, sampleRateHz }: StreamRequest, messageBytes: number): StreamStart {
  return { streamId, call, parameters, listenMode, sampleRateHz, limits: { queueMs: QUEUE_MS, messageBytes } };
}

function totalsOf({ sentMs, unsentMs }: Pick<StreamEnd["totals"], "sentMs" | "unsentMs">, { receivedMs, playedMs, droppedMs }: Voice): StreamEnd["totals"] {
  return { sentMs, unsentMs, receivedMs, playedMs, droppedMs };
}

function reasonOf({ by, code }: Ending): StopReason {
  if (by === "bot") return "stopped";
  return code === 1000 ? "call_ended" : "protocol_error";
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
