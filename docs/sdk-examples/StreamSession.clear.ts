import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    const playing = session.play(process.env["WELCOME"] ?? "welcome.wav");
    // Whoever speaks is let speak. (A real bot finds speech with more care: see examples/talking-ivr.)
    const stop = session.onAudio((samples) => {
      if (samples.some((sample) => Math.abs(sample) > 3000)) stop();
      else return;
      session.clear().then(({ utterances }) => console.log("cut off", utterances), console.error);
    });
    const { complete } = await playing;
    console.log(complete ? "heard to the end" : "interrupted");
    session.hangup();
  },
});
