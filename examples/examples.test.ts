import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { main as actions } from "./actions/main.ts";
import { main as basicCall } from "./basic-call/main.ts";
import { main as fiveArguments } from "./five-arguments/main.ts";
import { main as getInput } from "./get-input/main.ts";
import { main as multipleNumbers } from "./multiple-numbers/main.ts";
import { main as pcmoCall } from "./pcmo-call/main.ts";
import { main as quickStart } from "./quick-start/main.ts";
import { main as streaming } from "./streaming/main.ts";

const recipes = {
  "quick-start": quickStart,
  "get-input": getInput,
  "basic-call": basicCall,
  "pcmo-call": pcmoCall,
  streaming,
  "multiple-numbers": multipleNumbers,
  "five-arguments": fiveArguments,
  actions,
};

/** Run in bots.test.ts: they place no calls. */
const bots = ["echo-bot", "realtime-bridge", "talking-ivr"];

interface Received {
  readonly path: string | undefined;
  readonly key: string | string[] | undefined;
  readonly body: unknown;
}
const received: Received[] = [];
const reply = { data: { status: "progress", request_id: "r".repeat(43) }, status: "progress", request_id: "r".repeat(43), code: 200, cmi_code: 200 };

const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    received.push({ path: request.url, key: request.headers["idempotency-key"], body: JSON.parse(text) });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(reply));
  });
});
let baseUrl = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address === "object" && address !== null) baseUrl = `http://127.0.0.1:${address.port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const play = { action: "play", file_url: "https://example.com/your_music_file.wav" };
const pstn = (number: number) => ({ type: "pstn", number });
const bridge = (numbers: readonly number[], rest: object) =>
  ({ action: "bridge", from: 14155550199, connect: numbers.map((number) => pstn(number)), ...rest });
const seconds30 = { duration: 30, timeout: 40, loop: 1 };
const stream = (quality: number) =>
  ({ action: "stream", ws_url: "wss://example.com/stream", listen_mode: "callee", voice_quality: quality, stream_on_answer: true });
const menu = { action_url: "https://example.com/webhook/dtmf", file_name: play.file_url, file_url: play.file_url };

const bodies: Readonly<Record<keyof typeof recipes, object>> = {
  "quick-start": { duration: 30, pcmo: [bridge([14155550101], seconds30)] },
  "get-input": { ...seconds30, pcmo: [{ action: "play_get_input", ...menu, max_digit: 3, max_retry: 2, timeout: 5 }] },
  "basic-call": { duration: 30, record: true, pcmo: [bridge([14155550101], { ...seconds30, record: true })] },
  "pcmo-call": { ...seconds30, record: true, pcmo: [play] },
  streaming: { duration: 80, timeout: 40, loop: 2, ring_type: "group", pcmo: [stream(8000)] },
  "multiple-numbers": { duration: 30, record: true, pcmo: [bridge([14155550101, 14155550102], { ...seconds30, record: true })] },
  "five-arguments": { ...seconds30, record: true, pcmo: [play, bridge([14155550101], { ...seconds30, record: true })] },
  actions: {
    duration: 5400,
    pcmo: [
      { action: "record" },
      { action: "param", text: "name" },
      { action: "speak", text: "Hello, Welcome to Telecmi" },
      play,
      { action: "play_get_input", ...menu, max_digit: 3, max_retry: 2, timeout: 5 },
      { action: "input", action_url: menu.action_url, max_digit: 4, timeout: 20, min_digit: 2 },
      stream(12000),
      bridge([14155550101, 14155550102], { duration: 10, timeout: 20, loop: 2, record: true }),
      { action: "hangup" },
    ],
  },
};

describe("examples", () => {
  it.each(Object.entries(recipes))("%s sends what it shows", async (name, main) => {
    received.length = 0;
    const response = await main({ PIOPIY_APPID: "7654321", PIOPIY_TOKEN: "a token", PIOPIY_BASE_URL: baseUrl });
    expect(response).toMatchObject({ request_id: reply.request_id, status: "progress", code: 200 });
    const expected = Object.entries(bodies).find(([recipe]) => recipe === name)?.[1];
    expect(received).toEqual([
      {
        path: "/v2/global_pcmo_make_call",
        key: expect.stringMatching(/^[\w-]{36}$/),
        body: { appid: 7654321, secret: "a token", extra_params: {}, from: 14155550199, to: 14155550100, ...expected },
      },
    ]);
  });

  it.each(Object.entries(recipes))("%s takes its numbers from the environment", async (_, main) => {
    received.length = 0;
    await main({ PIOPIY_BASE_URL: baseUrl, PIOPIY_TO: "91 94000 00001", PIOPIY_FROM: "918000000000", PIOPIY_SECOND: "918000000001", PIOPIY_THIRD: "sip:alice@example.com" });
    expect(received).toMatchObject([{ path: "/v2/ind_pcmo_make_call", body: { to: 919400000001, from: 918000000000 } }]);
  });

  it("are all listed here and in the README", () => {
    const folders = readdirSync(new URL(".", import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/main.ts`, import.meta.url)))
      .map((entry) => entry.name);
    expect([...Object.keys(recipes), ...bots].sort()).toEqual(folders.sort());
    const readme = readFileSync(new URL("README.md", import.meta.url), "utf8");
    for (const folder of folders) expect(readme).toContain(`(${folder}/main.ts)`);
  });
});
