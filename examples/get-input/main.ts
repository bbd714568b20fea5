import { fileURLToPath } from "node:url";
import { Action, RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls a number, plays a file and posts the digits that are pressed to a webhook. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });

  const action = new Action();
  action.playGetInput(
    env["PIOPIY_WEBHOOK_URL"] ?? "https://example.com/webhook/dtmf",
    env["PIOPIY_FILE_URL"] ?? "https://example.com/your_music_file.wav",
    { max_digits: 3, max_retry: 2 },
  );

  return piopiy.voice.call(env["PIOPIY_TO"] ?? 14155550100, env["PIOPIY_FROM"] ?? 14155550199, action.PCMO(), {
    loop: 1,
    timeout: 40,
    duration: 30,
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(console.log, (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
