import type { WebSocket } from "ws";
import { messageOf, PiopiyError, type Clock, type Ids } from "../../base/index.ts";
import type { Stream, StreamEnd, StreamLine, StreamRequest } from "../../interpreter/index.ts";
import { createBotStream, type BotStream, type Resume } from "./bot-stream.ts";
import type { Begin, Dialled } from "./connect.ts";
import { speechOf, type Speech } from "./dialects.ts";
import type { Decode } from "./intake.ts";
import { reconnect } from "./reconnect.ts";
import type { Ending } from "./until-closed.ts";

export interface LastingParts {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly decode: Decode;
  /** The largest message that a bot may send. */
  readonly messageBytes: number;
  /** For the first connection, the standby's included. */
  readonly connectTimeoutMs: number;
  readonly connect: <T>(dialled: Dialled, begin: Begin<T>, signal: AbortSignal) => Promise<T>;
  /** A stream was taken up again. */
  readonly resumed: () => void;
}

/** What the party says is kept for so long while the bot is away. */
const KEEP_MS = 5000;
/**
 * RFC 6455 §7.4.1 and the IANA registry: the bot failed, restarts, is overloaded, or its gateway has lost it. 1000, 1001
 * and 1005 are an end, and so is a code of the bot's own.
 */
const COMES_BACK: ReadonlySet<number> = new Set([1011, 1012, 1013, 1014]);
const over: Ending = { by: "us", code: 1000, reason: "the call is over" };

/** Opens a stream that outlives its connections, as far as that is asked for. Fails as `StreamPort.open` does. */
export async function openLasting(request: StreamRequest, line: StreamLine, parts: LastingParts, signal: AbortSignal): Promise<Stream> {
  const { subProtocol, spoken } = speechOf(request.speaks ?? "compatible");
  const urls = urlsOf(request);
  const timeoutMs = parts.connectTimeoutMs / urls.length;
  const failures: unknown[] = [];
  for (const url of urls) {
    const begin = (socket: WebSocket, selected: boolean) => ({ ended: lasting(socket, url, spoken(selected), { request, line, parts, signal }) });
    try {
      return await parts.connect(dialledOf(request, { url, subProtocol, timeoutMs }), begin, signal);
    } catch (failure) {
      if (signal.aborted) throw signal.reason;
      failures.push(failure);
    }
  }
  throw both(failures);
}

const urlsOf = ({ url, standbyUrl }: StreamRequest): readonly string[] => [url, ...(standbyUrl === undefined ? [] : [standbyUrl])];

/** Why neither could be connected to; the first one's code counts. */
function both([first, second]: readonly unknown[]): unknown {
  if (second === undefined || !(first instanceof PiopiyError)) return first;
  return new PiopiyError(first.code, `${first.message} Nor its standby: ${messageOf(second)}`, { cause: first });
}

interface Dialling {
  readonly url: string;
  readonly subProtocol: string | undefined;
  readonly timeoutMs: number;
  readonly token?: string;
}

function dialledOf({ headers, sign, signUrl }: StreamRequest, { url, subProtocol, timeoutMs, token }: Dialling): Dialled {
  return {
    url, timeoutMs,
    headers: { ...headers, ...(token !== undefined && { "Piopiy-Resume": token }) },
    ...(sign && { sign }),
    ...(signUrl !== undefined && { signUrl }),
    ...(subProtocol !== undefined && { subProtocol }),
  };
}

interface Opened {
  readonly request: StreamRequest;
  readonly line: StreamLine;
  readonly parts: LastingParts;
  readonly signal: AbortSignal;
}

/** A stream whose first socket has just been opened, at `url`, until it is over. */
async function lasting(socket: WebSocket, url: string, speech: Speech, opened: Opened): Promise<StreamEnd> {
  const { line, parts: { clock, ids, decode, messageBytes }, signal } = opened;
  const request: StreamRequest = { ...opened.request, sampleRateHz: speech.sampleRateHz ?? opened.request.sampleRateHz };
  const windowMs = request.reconnectMs ?? speech.reconnectMs;
  const keepMs = windowMs > 0 ? KEEP_MS : 0;
  const bot = createBotStream(request, line, { clock, decode, messageBytes, keepMs, dialect: speech.dialect(request) }, signal);
  if (windowMs === 0) return bot.close(await bot.attach(socket));
  const token = ids.token(32);
  const wayBack: WayBack = { ...opened, bot, token, windowMs, subProtocol: speech.subProtocol };
  let at = url;
  let ending = await bot.attach(socket, { token, resumed: false });
  while (isLost(ending) && !signal.aborted) {
    const back = await comeBack(at, ending, wayBack);
    if (!back) return bot.close(signal.aborted ? over : ending);
    at = back.url;
    ending = await back.ended;
  }
  return bot.close(ending);
}

const isLost = ({ by, code }: Ending): boolean => by === "network" || (by === "bot" && COMES_BACK.has(code));

interface WayBack extends Opened {
  readonly bot: BotStream;
  readonly token: string;
  readonly windowMs: number;
  readonly subProtocol: string | undefined;
}

interface Back {
  readonly url: string;
  /** Resolves when this connection is over, too. */
  readonly ended: Promise<Ending>;
}

/** Takes the stream up again, where it was or at its standby; `undefined`: it is lost for good, or the call is over. */
async function comeBack(url: string, ending: Ending, { request, line, parts, bot, token, windowMs, subProtocol, signal }: WayBack): Promise<Back | undefined> {
  const resume: Resume = { token, resumed: true };
  const { connected, attempts, awayMs } = await reconnect<Back>({
    clock: parts.clock, ids: parts.ids, windowMs,
    urls: [url, ...urlsOf(request).filter((other) => other !== url)],
    connect(to, timeoutMs) {
      const dialled = dialledOf(request, { url: to, subProtocol, timeoutMs, token });
      return parts.connect(dialled, (socket) => ({ url: to, ended: bot.attach(socket, resume) }), signal);
    },
    waiting: (waitMs) => line.connection({ type: "lost", ...ending, waitMs }),
  }, signal);
  line.connection({ type: connected ? "resumed" : "gone", attempts, awayMs });
  if (connected) parts.resumed();
  return connected;
}
