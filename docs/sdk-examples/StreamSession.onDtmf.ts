import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    session.onDtmf((digit) => {
      console.log("pressed", digit);
      if (digit === "#") session.hangup();
    });
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
  },
});
