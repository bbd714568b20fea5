import { setTimeout as sleep } from "node:timers/promises";
import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    const playing = session.play(process.env["WELCOME"] ?? "welcome.wav");
    session.pause(); // it stops where it is
    await sleep(300);
    session.resume();
    console.log("heard, with a pause in it:", (await playing).complete);
    session.hangup();
  },
});
