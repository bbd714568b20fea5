import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    let loudest = 0;
    const stop = session.onAudio((samples) => {
      for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
    });
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    stop();
    console.log("the loudest sample meanwhile:", loudest);
    session.hangup();
  },
});
