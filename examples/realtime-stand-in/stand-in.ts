import { WebSocketServer } from "ws";
import { createSession, type Answer, type RealtimeSession } from "./session.ts";

/**
 * A stand-in for a realtime speech-to-speech API over WebSocket (the messages of OpenAI's Realtime API, as far as they
 * concern audio), for tests without the network: it hears when somebody begins and stops to speak, and answers with
 * what it is given instead of a thought.
 */
export interface RealtimeStandIn {
  /** A ws URL. */
  readonly url: string;
  /** The next client that connects. */
  session(): Promise<RealtimeSession>;
  close(): Promise<void>;
}

export async function startRealtimeStandIn(answer: Answer = () => undefined): Promise<RealtimeStandIn> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((listening) => server.once("listening", listening));
  const there: RealtimeSession[] = [];
  const waiting: ((session: RealtimeSession) => void)[] = [];
  server.on("connection", (socket, request) => {
    socket.on("error", () => undefined);
    const session = createSession(socket, request.headers.authorization, answer);
    const next = waiting.shift();
    if (next) next(session);
    else there.push(session);
  });
  const address = server.address();
  return {
    url: `ws://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/v1/realtime`,
    session: () => new Promise((found) => {
      const known = there.shift();
      if (known) found(known);
      else waiting.push(found);
    }),
    close: () => new Promise((done) => {
      for (const client of server.clients) client.terminate();
      server.close(() => done());
    }),
  };
}
