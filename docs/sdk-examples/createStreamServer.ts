import { createStreamServer } from "piopiy/stream";

// The flow of a call streams to it with { "action": "stream", "ws_url": "ws://127.0.0.1:9000/bot?user=7", "protocol": "v1" }.
export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  path: "/bot",
  // The app's webhook_secrets: who does not sign with one of them is refused. Without the option, everybody is let in.
  secrets: process.env["PIOPIY_WEBHOOK_SECRETS"]?.split(","),
  async onCall(session) {
    if (session.protocol === "v1") console.log("a call", session.direction, session.parameters);
    console.log("for user", session.query.get("user"));
    await session.play(session.audio, { live: true }); // an echo, until the call is over
  },
  onError: (error) => console.error(error),
});
