import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    session.stop(); // the call goes on with the next action of its flow
    console.log((await session.ended).reason);
  },
});
