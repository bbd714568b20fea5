import { fileURLToPath } from "node:url";
import { createStreamServer, type StreamServer, type StreamSession } from "piopiy/stream";
import { WebSocket } from "ws";
import { fromMulaw, toMulaw } from "./mulaw.ts";
import { createReply, type Reply } from "./reply.ts";

type Environment = Readonly<Record<string, string | undefined>>;
/** A message of the API, as far as it is looked at here. */
interface RealtimeMessage {
  readonly type: string;
  readonly item_id?: string;
  readonly delta?: string;
  readonly error?: { readonly message?: string };
}

const instructions = "You are on the telephone. Answer in one or two short sentences.";
/** So much of what the party says may wait for a slow connection; what is beyond that is left out. */
const mostBuffered = 64 * 1024;

/** Lets a realtime speech-to-speech API talk on the call. */
export async function main(env: Environment = process.env): Promise<StreamServer> {
  const url = env["REALTIME_URL"] ?? "wss://api.openai.com/v1/realtime?model=gpt-realtime";
  const bot = createStreamServer({
    port: Number(env["PORT"] ?? 9000),
    host: env["HOST"] ?? "127.0.0.1",
    secrets: env["PIOPIY_WEBHOOK_SECRETS"]?.split(","),
    onCall: (session) => bridge(session, new WebSocket(url, { headers: { authorization: `Bearer ${env["REALTIME_KEY"] ?? ""}` } })),
  });
  await bot.ready;
  console.log("streams come to", bot.url);
  return bot;
}

/** Joins a call and the API until one of them is over. */
async function bridge(session: StreamSession, api: WebSocket): Promise<void> {
  const send = (message: Readonly<Record<string, unknown>>) => {
    if (api.readyState === WebSocket.OPEN) api.send(JSON.stringify(message));
  };
  session.signal.addEventListener("abort", () => api.close());
  api.once("close", () => {
    if (!session.signal.aborted) session.hangup();
  });
  await new Promise<void>((resolve, reject) => {
    api.once("open", resolve);
    api.on("error", reject);
  });
  // Both ways as telephones have it: nothing has to be resampled.
  const format = { type: "audio/pcmu" };
  send({
    type: "session.update",
    session: { type: "realtime", instructions, audio: { input: { format, turn_detection: { type: "server_vad" } }, output: { format } } },
  });
  send({ type: "response.create" });
  api.on("message", listenTo(session, send));

  for await (const frame of session.audio) {
    if (api.bufferedAmount < mostBuffered) send({ type: "input_audio_buffer.append", audio: Buffer.from(toMulaw(frame)).toString("base64") });
  }
}

/** What the API says is played, item by item; what it is interrupted in is told to it. */
function listenTo(session: StreamSession, send: (message: Readonly<Record<string, unknown>>) => void): (data: Buffer) => void {
  let reply: Reply | undefined;

  const begin = (itemId: string): Reply => {
    const begun = createReply(itemId);
    session.play(begun, { sampleRate: 8000 }).then(
      ({ complete, heardMs }) => {
        // The API believes that everything it has sent was heard. This is what really was: it remembers no more than that.
        if (!complete) send({ type: "conversation.item.truncate", item_id: itemId, content_index: 0, audio_end_ms: Math.floor(heardMs) });
      },
      (error: unknown) => {
        if (!session.signal.aborted) console.error(error);
      },
    );
    return begun;
  };

  return (data) => {
    const message: RealtimeMessage = JSON.parse(data.toString());
    if (message.type === "response.output_audio.delta" && message.item_id !== undefined) {
      if (reply?.itemId !== message.item_id) {
        reply?.end();
        reply = begin(message.item_id);
      }
      reply.push(fromMulaw(Buffer.from(message.delta ?? "", "base64")));
    } else if (message.type === "response.output_audio.done") reply?.end();
    else if (message.type === "input_audio_buffer.speech_started") {
      session.clear().catch(() => undefined); // the call may be over
    } else if (message.type === "error") console.error("the API says:", message.error?.message);
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
