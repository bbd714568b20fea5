import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    let ms = 0;
    for await (const samples of session.audio) {
      ms += (samples.length / session.sampleRate) * 1000; // 20 each time
      if (ms === 200) break;
    }
    console.log("heard", ms, "ms");
    session.hangup();
  },
});
