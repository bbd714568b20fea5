import { Action } from "piopiy";
import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    // In place of what the call's own flow is doing; the stream stays, so that the bot goes on listening.
    session.flow(new Action().speak("I have noted that.").hangup());
    console.log((await session.ended).reason);
  },
});
