import { fileURLToPath } from "node:url";
import { Action, RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Every action there is, in one flow. */
export function everyAction(env: Environment): Action {
  const file = env["PIOPIY_FILE_URL"] ?? "https://example.com/your_music_file.wav";
  const webhook = env["PIOPIY_WEBHOOK_URL"] ?? "https://example.com/webhook/dtmf";
  const second = env["PIOPIY_SECOND"] ?? 14155550101;
  const third = env["PIOPIY_THIRD"] ?? 14155550102;
  const action = new Action();

  // Clear what was collected so far.
  action.speak("This will not be said");
  action.clear();

  // Record the call.
  action.record();

  // Set a value that later webhooks carry.
  action.setValue("name");

  // Say a text.
  action.speak("Hello, Welcome to Telecmi");

  // Play a file.
  action.playMusic(file);

  // Play a file and collect digits.
  action.playGetInput(webhook, file, { max_digit: 3, max_retry: 2 });

  // Collect digits.
  action.input(webhook, { timeout: 20, max_digit: 4, min_digit: 2 });

  // Stream the audio to a WebSocket while the flow goes on.
  action.stream(env["PIOPIY_STREAM_URL"] ?? "wss://example.com/stream", {
    listen_mode: "callee", // "caller", "callee" or "both"
    voice_quality: 12000, // samples per second; a server takes what is neither 8000 nor 16000 for 8000
    stream_on_answer: true,
  });

  // Connect to other numbers: the caller id, then whom to call.
  action.call(env["PIOPIY_FROM"] ?? 14155550199, [second, third], { duration: 10, timeout: 20, loop: 2, record: true });

  // End the call.
  action.hangup();
  return action;
}

/** Calls a number and performs every action. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });
  return piopiy.voice.call(env["PIOPIY_TO"] ?? 14155550100, env["PIOPIY_FROM"] ?? 14155550199, everyAction(env).PCMO());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(console.log, (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
