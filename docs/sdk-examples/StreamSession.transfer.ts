import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    session.transfer(process.env["COLLEAGUE"] ?? 14155550101, { timeout: 20 });
    console.log("put through");
  },
});
