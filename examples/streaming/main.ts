import { fileURLToPath } from "node:url";
import { Action, RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls a number and streams its audio to a WebSocket. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });

  const action = new Action();
  action.stream(env["PIOPIY_STREAM_URL"] ?? "wss://example.com/stream", {
    listen_mode: "callee",
    voice_quality: 8000,
    stream_on_answer: true,
  });

  return piopiy.voice.call(env["PIOPIY_TO"] ?? 14155550100, env["PIOPIY_FROM"] ?? 14155550199, action.PCMO(), {
    timeout: 40,
    loop: 2,
    duration: 80,
    ring_type: "group",
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(console.log, (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
