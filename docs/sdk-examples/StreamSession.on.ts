import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    session.on("underrun", ({ utterance, missedMs }) => console.log("nothing to say for", missedMs, "ms in", utterance));
    session.on("warning", ({ issues }) => console.log("not done:", issues));
    session.on("lost", ({ waitMs }) => console.log("the connection is lost; waiting up to", waitMs, "ms"));
    session.on("resumed", ({ missedMs }) => console.log("it is back; not heard:", missedMs, "ms"));
    session.on("credit", ({ queuedMs, freeMs }) => console.log("waiting", queuedMs, "free", freeMs));
    await session.play(process.env["WELCOME"] ?? "welcome.wav");
    session.hangup();
  },
});
