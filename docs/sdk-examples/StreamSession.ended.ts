import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    session.signal.addEventListener("abort", () => console.log("stop working for this call"));
    session.hangup();
    const { reason, totals } = await session.ended;
    console.log(reason, totals?.playedMs);
  },
});
