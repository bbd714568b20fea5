import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    const first = session.play(process.env["WELCOME"] ?? "welcome.wav");
    const half = session.mark("half of it");
    const second = session.play(process.env["WELCOME"] ?? "welcome.wav");
    console.log((await half) ? "the first is over, the second begins" : "it did not come to that");
    await Promise.all([first, second]);
    session.hangup();
  },
});
