import type { RawData, WebSocket } from "ws";
import { scope, text, type Clock } from "../../base/index.ts";
import type { Stream, StreamEnd, StreamLine, StreamRequest } from "../../interpreter/index.ts";
import type { BotRequest, Dialect } from "./dialect.ts";
import { Intake, type Decode } from "./intake.ts";
import { keepAlive } from "./keepalive.ts";
import { untilClosed, type Ending } from "./until-closed.ts";
import { createUplink } from "./uplink.ts";
import { Voice } from "./voice.ts";
import { limitedWarnings } from "./warnings.ts";

export interface BotStreamParts {
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly decode: Decode;
}

const over: Ending = { by: "us", code: 1000, reason: "the call is over" };
const stopped: Ending = { by: "bot", code: 1000, reason: "stop" };
const lost: Ending = { by: "network", code: 1006, reason: "no answer to pings" };

/** A stream over a socket that is open, until the socket closes or `signal` aborts. */
export function startBotStream(
  socket: WebSocket, { sampleRateHz }: StreamRequest, line: StreamLine, { clock, dialect, decode }: BotStreamParts, signal: AbortSignal,
): Stream {
  const life = scope(signal);
  const { warn, finish: finishWarnings } = limitedWarnings((warning) => line.warn(warning));
  const uplink = createUplink(socket, sampleRateHz, (samples) => dialect.audio(samples, 0));
  const rest = () => intake.rest();
  const overflow = () => warn({ warning: "stream_overflow" });
  const voice = new Voice({ play: (source, own) => line.play(source, own), clock, rest, overflow, signal });
  const failed = (message: string) => warn({ warning: "stream_audio", message });
  const intake: Intake = new Intake({ say: (samples) => voice.say(samples), decode, failed, signal });
  let ending: Ending | undefined;
  const end = (how: Ending) => {
    ending ??= how;
    life.close();
  };
  const perform = performer({ intake, voice, uplink, line, warn, stop: () => end(stopped) });
  socket.on("message", (data, isBinary) => {
    if (life.signal.aborted) return;
    for (const request of dialect.read(isBinary ? bytesOf(data) : text(bytesOf(data)))) perform(request);
  });
  life.onClose(line.listen((samples) => life.signal.aborted || uplink.push(samples)));
  life.onClose(keepAlive(socket, clock, () => end(lost)));
  const finish = async (): Promise<StreamEnd> => {
    const how = await untilClosed(socket, life.signal, clock, () => ending ?? over);
    life.close();
    // The bot's last words are heard, unless the call is over: then nobody is there.
    await intake.idle();
    await voice.finish();
    finishWarnings();
    const { sentMs, unsentMs } = uplink;
    const { receivedMs, playedMs, droppedMs } = voice;
    return { ...how, totals: { sentMs, unsentMs, receivedMs, playedMs, droppedMs } };
  };
  return { ended: finish() };
}

interface Performer {
  readonly intake: Intake;
  readonly voice: Voice;
  readonly uplink: ReturnType<typeof createUplink>;
  readonly line: StreamLine;
  readonly warn: StreamLine["warn"];
  readonly stop: () => void;
}

/** Does what a bot asks for. */
function performer({ intake, voice, uplink, line, warn, stop }: Performer): (request: BotRequest) => void {
  const issues = (found: Extract<BotRequest, { type: "unreadable" }>["issues"]) => {
    for (const issue of found) warn({ warning: "stream_message", ...issue });
  };
  return (request) => {
    switch (request.type) {
      case "audio":
        return intake.take(request.audio);
      case "clear":
        intake.clear();
        return voice.clear();
      case "pause":
      case "resume":
        return request.what === "listening" ? uplink.pause(request.type === "pause") : undefined;
      case "digits":
      case "end":
      case "mark":
        return undefined;
      case "stop":
        return stop();
      case "flow":
        issues(request.warnings);
        return line.perform(request.flow);
      case "unreadable":
        return issues(request.issues);
    }
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
