import { createStreamServer } from "piopiy/stream";

export const bot = createStreamServer({
  port: Number(process.env["PORT"] ?? 9000),
  host: "127.0.0.1",
  async onCall(session) {
    console.log("a call from", session.query.get("user"));
    console.log("over:", (await session.ended).reason);
  },
});

// Before a new version starts at the same address: the calls stay up, and their streams come back to it.
process.once("SIGTERM", () => void bot.close({ restart: true }));
