import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    session.pause("listening"); // while a long answer is given, nothing of the call is needed
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    session.resume("listening");
    for await (const samples of session.audio) {
      console.log("listening again:", samples.length, "samples");
      break;
    }
    session.hangup();
  },
});
