import { fileURLToPath } from "node:url";
import { createStreamServer, type StreamServer, type StreamSession } from "piopiy/stream";
import { speech } from "./speech.ts";
import { afterFrame, silence } from "./voice-activity.ts";

type Environment = Readonly<Record<string, string | undefined>>;
/** Makes a WAV file that says a text. */
type Speak = (text: string) => Promise<Uint8Array>;

const texts = {
  welcome: "Welcome to the example company. For our opening hours, press one. To talk to somebody, press two. To hear this again, press star.",
  hours: "We are here from nine to five, Monday to Friday.",
  yes: "I am listening. Press one for our opening hours, or two to talk to somebody.",
  goodbye: "Goodbye.",
} as const;
type Prompts = Readonly<Record<keyof typeof texts, Uint8Array>>;

/** An IVR that talks, and stops at once when it is spoken to, or a key is pressed. */
export async function main(env: Environment = process.env, speak: Speak = speech): Promise<StreamServer> {
  // What it says is made once, before there is a call: nobody waits for it.
  const prompts: Prompts = {
    welcome: await speak(texts.welcome), hours: await speak(texts.hours), yes: await speak(texts.yes), goodbye: await speak(texts.goodbye),
  };
  const bot = createStreamServer({
    port: Number(env["PORT"] ?? 9000),
    host: env["HOST"] ?? "127.0.0.1",
    secrets: env["PIOPIY_WEBHOOK_SECRETS"]?.split(","),
    onCall: (session) => answer(session, prompts, env["PIOPIY_SECOND"] ?? "14155550101"),
  });
  await bot.ready;
  console.log("streams come to", bot.url);
  return bot;
}

async function answer(session: StreamSession, prompts: Prompts, colleague: string): Promise<void> {
  const say = async (prompt: Uint8Array) => {
    // What is being said makes room: it is cut off where it is, and `heardMs` of it tells where that was.
    await session.clear();
    return await session.play(prompt);
  };
  session.onDtmf((digit) => {
    press(digit).catch((error: unknown) => {
      if (!session.signal.aborted) console.error(error);
    });
  });
  const press = async (digit: string) => {
    if (digit === "1") await say(prompts.hours);
    else if (digit === "2") {
      await session.clear();
      session.transfer(colleague);
    } else if (digit === "*") await say(prompts.welcome);
    else if ((await say(prompts.goodbye)).complete) session.hangup();
  };

  const welcome = say(prompts.welcome);
  let heard = silence;
  for await (const frame of session.audio) {
    const now = afterFrame(heard, frame);
    if (now.speaking && !heard.speaking) await session.clear();
    if (!now.speaking && heard.speaking) session.play(prompts.yes).catch(() => undefined);
    heard = now;
  }
  await welcome;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
