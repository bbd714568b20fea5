import { fileURLToPath } from "node:url";
import { RestClient, type CallResponse } from "piopiy";

type Environment = Readonly<Record<string, string | undefined>>;

/** Calls a number, and connects it to the first of several that answers. */
export async function main(env: Environment = process.env): Promise<CallResponse> {
  const piopiy = new RestClient(env["PIOPIY_APPID"] ?? "1234567", env["PIOPIY_TOKEN"] ?? "your_app_token", {
    baseUrl: env["PIOPIY_BASE_URL"],
  });
  return piopiy.voice.call(
    env["PIOPIY_TO"] ?? 14155550100, // the first party
    env["PIOPIY_FROM"] ?? 14155550199, // the caller id
    [env["PIOPIY_SECOND"] ?? 14155550101, env["PIOPIY_THIRD"] ?? 14155550102], // tried one after the other
    {
      duration: 30, // longest duration of the call in seconds
      timeout: 40, // seconds to wait for each number to answer
      loop: 1, // rounds over the numbers
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
