import type { StreamAction } from "@piopiy/pcmo";
import { abortable, PiopiyError } from "../base/index.ts";
import type { Leg } from "../call/index.ts";
import { createAttendance, type Attendance } from "./attendance.ts";
import type { Company } from "./company.ts";
import { describe } from "./failure.ts";
import type { FlowSwitch } from "./flow-switch.ts";
import { holdSoundOn } from "./hold-sound.ts";
import type { Line } from "./line.ts";
import { listenTo } from "./listen.ts";
import type { CallContext } from "./call-context.ts";
import type { Ports } from "./ports.ts";
import type { StreamLine, StreamRequest } from "./stream-port.ts";

/** Puts an entry on the timeline. */
type Note = (type: string, data: Readonly<Record<string, unknown>>) => void;

/** The streams of a flow. They belong to the call, not to the actions that opened them: a flow that replaces another leaves them be. */
export interface Streams {
  /**
   * Opens a stream once the line is up, and lets it run until its bot or the call ends it. Nobody waits for it: what
   * becomes of it is put on the timeline. Returns its id. Fails with `stream_failed` when the call has enough of them.
   */
  start(action: StreamAction, note: Note): string;
  /** Resolves when no stream is left or `signal` aborts. A stream that still waits for an answer gets it now. */
  outlast(signal: AbortSignal): Promise<void>;
  /** Resolves when all are over. */
  over(): Promise<unknown>;
}

export interface StreamsParts {
  readonly call: CallContext;
  readonly leg: Leg;
  readonly line: Line;
  readonly company: Company;
  readonly ports: Ports;
  readonly outside: FlowSwitch;
  /** Aborts when the call is over. */
  readonly signal: AbortSignal;
}

interface StreamParts extends StreamsParts {
  readonly attendance: Attendance;
}

const MAXIMUM = 4;

export function createStreams(parts: StreamsParts): Streams {
  const { leg, line, company, ports, signal: call } = parts;
  /** Most calls never have a stream. */
  let made: Attendance | undefined;
  const running = new Set<Promise<void>>();
  return {
    start(action, note) {
      if (running.size >= MAXIMUM) throw new PiopiyError("stream_failed", `A call has at most ${MAXIMUM} streams at a time.`);
      const id = ports.ids.uuid();
      const attendance = (made ??= createAttendance(holdSoundOn({ leg, company, clock: ports.clock, music: ports.holdMusic, signal: call })));
      const stream = runStream(id, action, note, { ...parts, attendance }).then(() => {
        running.delete(stream);
        attendance.over(id);
      });
      running.add(stream);
      return id;
    },
    async outlast(signal) {
      if (running.size > 0 && !signal.aborted) await abortable(line.open(), signal).catch(() => undefined);
      while (running.size > 0 && !signal.aborted) await abortable(Promise.race(running), signal).catch(() => undefined);
    },
    over: () => Promise.all(running),
  };
}

/** Never rejects. */
async function runStream(id: string, action: StreamAction, note: Note, parts: StreamParts): Promise<void> {
  const { leg, call, line, ports: { clock, streams }, attendance, signal } = parts;
  try {
    await abortable(line.opened, signal);
    const startMs = clock.monotonicMs();
    const stream = await streams.open(requestOf(id, action, { ...call, legId: leg.id }), lineOf(id, action, note, parts), signal);
    attendance.here(id);
    note("stream.connected", { stream: id, connectMs: Math.round(clock.monotonicMs() - startMs) });
    const { totals, ...how } = await stream.ended;
    note("stream.closed", { stream: id, ...how, ...totals });
    if (!PROPER.has(how.code)) performOnFail(action, parts);
  } catch (failure) {
    if (signal.aborted) note("stream.failed", { stream: id, code: "cancelled", message: "The call was over before the stream was open." });
    else {
      note("stream.failed", { stream: id, ...describe(failure) });
      performOnFail(action, parts);
    }
  }
}

/** RFC 6455 §7.4.1: closed on purpose, or because the other side goes away, or without a code. */
const PROPER: ReadonlySet<number> = new Set([1000, 1001, 1005]);

/** What is to be done without the bot, in place of what is left of the flow, if only that the call was kept up for it. */
function performOnFail({ on_stream_fail: flow = [] }: StreamAction, { outside, signal }: StreamsParts): void {
  if (flow.length > 0 && !signal.aborted) outside.replace(flow, "stream_fail");
}

function requestOf(id: string, action: StreamAction, call: StreamRequest["call"]): StreamRequest {
  const { standby_url: standbyUrl, parameters, headers, sign_url: signUrl, reconnect, dialect, protocol } = action;
  const speaks = dialect ?? protocol;
  return {
    id, call, url: action.ws_url, sampleRateHz: action.voice_quality, listenMode: action.listen_mode,
    ...(standbyUrl !== undefined && { standbyUrl }),
    ...(speaks !== undefined && { speaks }),
    ...(parameters && { parameters }),
    ...(headers && { headers }),
    ...(signUrl !== undefined && { signUrl }),
    ...(reconnect !== undefined && { reconnectMs: reconnect * 1000 }),
  };
}

/** The call as a stream sees it. */
function lineOf(id: string, action: StreamAction, note: Note, { leg, company, outside, attendance }: StreamParts): StreamLine {
  const warn: StreamLine["warn"] = (warning) => note("warning", { ...warning, stream: id });
  return {
    listen: listenTo(action.listen_mode, leg, company),
    play(source, own) {
      attendance.speaks(id);
      return leg.play(source, own);
    },
    feed(options) {
      attendance.speaks(id);
      return leg.audio.feed(options);
    },
    digits: (listener) => leg.digits.on("digit", listener),
    sendDigits: (digits, own) => leg.control.sendDigits(digits, own),
    perform(flow) {
      if (flow.length === 0) warn({ warning: "stream_message", path: "", message: "has no actions, and nothing is changed" });
      else outside.replace(flow, "stream");
    },
    warn,
    connection({ type, ...data }) {
      if (type !== "gone") note(`stream.${type}`, { stream: id, ...data });
      if (type === "lost") attendance.away(id, action.hold_sound !== false);
      else if (type === "resumed") attendance.here(id);
      else attendance.over(id);
    },
  };
}
