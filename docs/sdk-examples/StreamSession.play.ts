import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    // A file: WAV, MP3 or Ogg. A key cuts it off.
    const skip = new AbortController();
    session.onDtmf(() => skip.abort());
    const { complete, heardMs } = await session.play(process.env["WELCOME"] ?? "welcome.wav", { signal: skip.signal });
    console.log(complete ? "heard to the end" : `skipped after ${heardMs} ms`);
    // Samples as they are made, here half a second of a tone.
    await session.play(tone(440, 500), { sampleRate: 8000 });
    session.hangup();
  },
});

async function* tone(hz: number, ms: number) {
  const step = (2 * Math.PI * hz) / 8000;
  for (let at = 0; at < ms * 8; at += 160) yield Int16Array.from({ length: 160 }, (_, index) => 8000 * Math.sin(step * (at + index)));
}
