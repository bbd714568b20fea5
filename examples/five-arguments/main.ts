import { fileURLToPath } from "node:url";
import { Action, RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls a number, plays a file to it, and then connects it to a second number. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });

  const action = new Action();
  action.playMusic(env["PIOPIY_FILE_URL"] ?? "https://example.com/your_music_file.wav");

  return piopiy.voice.call(
    env["PIOPIY_TO"] ?? 14155550100, // the first number
    env["PIOPIY_FROM"] ?? 14155550199, // the caller id
    env["PIOPIY_SECOND"] ?? 14155550101, // the second number, connected after the PCMO
    action.PCMO(),
    {
      duration: 30, // longest duration of the call in seconds
      timeout: 40, // seconds to wait for an answer
      loop: 1, // rounds: 1 tries each number once
      record: true, // whether to record the call
    },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(console.log, (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
