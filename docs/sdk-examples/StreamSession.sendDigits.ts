import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    session.sendDigits("42,7#"); // a pause before the 7
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    console.log("dialled");
    session.hangup();
  },
});
