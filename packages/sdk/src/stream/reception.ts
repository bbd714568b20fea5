import type { IncomingMessage } from "node:http";
import { streamProtocol } from "@piopiy/pcmo";
import type { Clock } from "../base/clock.ts";
import { PiopiyAbortedError } from "../errors.ts";
import { awaitStart } from "./await-start.ts";
import { compatibleSession } from "./compatible-session.ts";
import type { Connection } from "./connection.ts";
import { exactSession } from "./exact-session.ts";
import type { Start } from "./facts.ts";
import type { StreamServerConfig } from "./options.ts";
import type { ResumableSession, RunningSession } from "./running.ts";
import { createTokens } from "./tokens.ts";

/** Where connections become sessions. */
export interface Reception {
  /** False for a server that comes back to a session that has failed here. */
  takes(request: IncomingMessage): boolean;
  admit(connection: Connection, request: IncomingMessage): void;
  /** Ends every session; resolves when the sockets are closed. */
  close(code: number): Promise<void>;
}

export function createReception(config: StreamServerConfig, clock: Clock): Reception {
  const { onCall, onError, resumeMs, sampleRate } = config;
  const running = new Set<RunningSession>();
  const connections = new Set<Connection>();
  const tokens = createTokens<ResumableSession>();
  const forms = { clock, failed: onError };
  let closing = false;

  const begin = (one: RunningSession, refuse = () => {}) => {
    const { session } = one;
    running.add(one);
    session.ended.then(() => running.delete(one), () => undefined);
    const call = async () => onCall(session);
    call().then(() => undefined, (error: unknown) => {
      // That the stream is over is no failure of the bot.
      if (session.signal.aborted && error instanceof PiopiyAbortedError) return;
      refuse();
      one.end("failed", 1011);
      onError(error, session);
    });
  };
  const takeExact = (connection: Connection, start: Start, { url = "/", headers }: IncomingMessage) => {
    const known = tokens.find(tokenOf(headers) ?? "");
    const resumes = start.resume?.resumed === true && known?.session.streamId === start.stream_id;
    const one = resumes ? known : exactSession(start, { url, resumeMs, ...forms });
    if (start.resume) tokens.offer(start.resume.token, one, one.session.ended);
    if (!resumes) begin(one, () => tokens.refuse(one));
    one.take(connection, start);
  };

  return {
    takes: ({ headers }) => !tokens.isRefused(tokenOf(headers)),
    admit(connection, request) {
      connections.add(connection);
      connection.closed.then(() => connections.delete(connection), () => undefined);
      if (closing) return connection.close(1001, "the bot's server is closing");
      if (connection.protocol === streamProtocol) awaitStart(connection, clock, (start) => takeExact(connection, start, request));
      else compatibleSession(connection, { url: request.url ?? "/", sampleRate, begin, ...forms });
      return undefined;
    },
    async close(code) {
      closing = true;
      const open = [...connections];
      for (const one of running) one.end("server_closed", code);
      for (const connection of open) connection.close(code, "the bot's server is closing");
      await Promise.all(open.map(({ closed }) => closed));
    },
  };
}

function tokenOf(headers: IncomingMessage["headers"]): string | undefined {
  const token = headers["piopiy-resume"];
  return typeof token === "string" ? token : undefined;
}
