import { fileURLToPath } from "node:url";
import { createStreamServer, type StreamServer } from "piopiy/stream";

type Environment = Readonly<Record<string, string | undefined>>;

/** A bot that says what it hears. */
export async function main(env: Environment = process.env): Promise<StreamServer> {
  const bot = createStreamServer({
    port: Number(env["PORT"] ?? 9000),
    host: env["HOST"] ?? "127.0.0.1",
    // The app's webhook_secrets: whoever does not sign with one of them is refused.
    secrets: env["PIOPIY_WEBHOOK_SECRETS"]?.split(","),
    async onCall(session) {
      console.log("a call, protocol", session.protocol);
      session.onDtmf((digit) => {
        if (digit === "#") session.hangup();
      });
      // What the party says comes as it is said: `live` keeps the delay from growing. Resolves when the call is over.
      const { heardMs } = await session.play(session.audio, { live: true });
      console.log("over", Math.round(heardMs / 1000), "seconds of echo");
    },
  });
  await bot.ready;
  console.log("streams come to", bot.url);
  return bot;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
