import { fileURLToPath } from "node:url";
import { RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls one number, and connects it to another when it answers. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });
  return piopiy.voice.call(
    env["PIOPIY_TO"] ?? 14155550100, // the first party, who is called at once
    env["PIOPIY_FROM"] ?? 14155550199, // the caller id: one of your numbers
    env["PIOPIY_SECOND"] ?? 14155550101, // the second party, called when the first has answered
    { loop: 1, timeout: 40, duration: 30 },
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().then(console.log, (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
