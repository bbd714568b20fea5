import { parseExactServerMessage } from "@piopiy/pcmo";
import type { Clock } from "../base/clock.ts";
import { randomIds } from "../base/ids.ts";
import { exactActs } from "./acts.ts";
import type { Connection } from "./connection.ts";
import { createCore, type Core } from "./core.ts";
import { createCredit } from "./credit.ts";
import { createExactSpeaker, type ExactSpeaker } from "./exact-speaker.ts";
import { exactReader, type ExactReader } from "./exact-reader.ts";
import { factsOf, type Start } from "./facts.ts";
import { isProper, nobody, type ResumableSession, type SessionOptions } from "./running.ts";
import type { StreamSession } from "./session.ts";

export interface ExactOptions extends SessionOptions {
  /** How long a lost connection is waited for. */
  readonly resumeMs: number;
}

/** A session as its server has begun it; `take` hands it its connections, the first one too. */
export function exactSession(start: Start, { url, clock, resumeMs, failed }: ExactOptions): ResumableSession {
  const core = createCore(clock, (error) => failed(error, session));
  const facts = factsOf(start);
  const credit = createCredit(clock, start.limits.queue_ms / 2);
  const speaker = createExactSpeaker({
    clock, wire: core.wire, credit, sampleRate: facts.sampleRate, messageBytes: start.limits.message_bytes,
    // An earlier process has given numbers, too, which must not be used again.
    first: facts.resumed ? 1 + Math.floor(randomIds.fraction() * 2 ** 31) : 1,
  });
  core.onEnd(() => speaker.over());
  const reader = exactReader({ core, speaker, credit, sampleRate: facts.sampleRate });
  const line = createLine({ core, speaker, reader, clock, resumeMs });
  const session: StreamSession = { ...core.acts(url, speaker, exactActs(core.wire), () => facts.sampleRate), ...facts };
  return { session, take: line.take, end: line.end };
}

interface LineParts {
  readonly core: Core;
  readonly speaker: ExactSpeaker;
  readonly clock: Clock;
  readonly resumeMs: number;
  readonly reader: ExactReader;
}

/** The connections of a session, one after the other. */
function createLine({ core, speaker, reader, clock, resumeMs }: LineParts): Pick<ResumableSession, "take" | "end"> {
  let current: Connection | undefined;
  let resumable = false;
  let seq = 0;
  let patience: { cancel(): void } | undefined;
  core.onEnd(() => patience?.cancel());

  const warn = (path: string, message: string) => core.events.emit("warning", { issues: [{ path, message }] });
  const inOrder = (told: number) => {
    if (told !== seq + 1 && seq !== 0) warn("/seq", `must be ${seq + 1}; got ${told}: messages of the server were lost`);
    seq = told;
  };
  const text = (frame: string) => {
    const parsed = parseExactServerMessage(frame);
    if (!parsed.ok) return core.events.emit("warning", { issues: parsed.issues });
    const { value } = parsed;
    if (value.type === "unknown" ? value.seq !== undefined : true) inOrder(value.seq ?? 0);
    if (value.type === "unknown") return warn("/type", "is of a server that is newer than this package");
    return reader.text(value);
  };
  const closed = (code: number) => {
    current = undefined;
    core.wire.detach();
    const end = reader.stopped();
    if (end) return core.end(end);
    if (isProper(code)) return core.end({ reason: "closed", totals: undefined });
    if (!resumable) return core.end({ reason: "lost", totals: undefined });
    core.events.emit("lost", { waitMs: resumeMs });
    patience = clock.setTimer(resumeMs, () => core.end({ reason: "lost", totals: undefined }));
    return undefined;
  };

  return {
    take(connection, start) {
      const last = current;
      current = connection;
      // What is thought to be open still is the lost one: the server has left it.
      last?.serve(nobody);
      last?.close(1001, "another connection has taken its place");
      patience?.cancel();
      resumable = start.resume !== null;
      inOrder(start.seq);
      const returns = last !== undefined || patience !== undefined;
      patience = undefined;
      core.wire.attach((frame) => connection.send(frame), returns ? speaker.again() : []);
      if (returns) core.events.emit("resumed", { replayedMs: start.resume?.replayed_ms ?? 0, missedMs: start.resume?.missed_ms ?? 0 });
      connection.serve({ text, binary: (bytes) => reader.binary(bytes), closed });
    },
    end(reason, code) {
      current?.close(code, reason);
      current?.serve(nobody);
      core.end({ reason, totals: undefined });
    },
  };
}
