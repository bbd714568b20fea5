import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { RestClient, type Fetch } from "./index.ts";

// The package as its users have it: on real sockets, in Node by import and by require, and where there is no Node.

const run = promisify(execFile);
const here = fileURLToPath(new URL("..", import.meta.url));

let answer: "reset" | "redirect" | "success" = "success";
const bodies: unknown[] = [];
const server = createServer((request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  request.on("end", () => {
    bodies.push(JSON.parse(text));
    if (answer === "reset") request.socket.destroy();
    else if (answer === "redirect") response.writeHead(307, { location: "/elsewhere" }).end();
    else response.end(JSON.stringify({ request_id: "r1", status: "progress", code: 200 }));
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
afterEach(() => vi.unstubAllGlobals());

const place = (options: { readonly baseUrl?: string; readonly fetch?: Fetch }) =>
  new RestClient(1234567, "secret-x", { maxRetries: 0, ...options }).voice
    .call(919400000001, 918000000000, 14155550100)
    .catch((error: unknown) => error);

describe("the platform's fetch", () => {
  it.each([
    ["success", { request_id: "r1", code: 200 }],
    ["reset", { code: "connection", message: expect.stringContaining("broke") }],
    ["redirect", { code: "api", status: 307, message: expect.stringContaining("baseUrl") }],
  ] as const)("%s", async (name, expected) => {
    answer = name;
    bodies.length = 0;
    expect(await place({ baseUrl })).toMatchObject(expected);
    expect(bodies).toHaveLength(1);
  });

  it("tells that nothing was sent when nobody listens", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const address = free.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await new Promise((resolve) => free.close(resolve));
    expect(await place({ baseUrl: `http://127.0.0.1:${port}` })).toMatchObject({ code: "connection", message: expect.stringContaining("nothing was sent") });
  });
});

describe("where there is no Node", () => {
  const files = readdirSync(`${here}src`, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.includes(".test."));
  const importsOf = (names: readonly string[]) =>
    names.flatMap((name) => [...readFileSync(`${here}src/${name}`, "utf8").matchAll(/^(?:import|.*\bfrom) "([^"]+)";$/gm)].map((match) => match[1] ?? ""));

  it("imports nothing but its own files and its dependencies", () => {
    const imports = importsOf(files.filter((name) => !name.startsWith("stream/")));
    expect(imports.length).toBeGreaterThan(30);
    expect(imports.filter((name) => !/^(?:\.{1,2}\/|@piopiy\/pcmo$|valibot$)/.test(name))).toEqual([]);
    expect(imports.filter((name) => name.includes("/stream/"))).toEqual([]);
  });

  it("only piopiy/stream takes ws and Node, and nothing else", () => {
    const others = importsOf(files.filter((name) => name.startsWith("stream/"))).filter((name) => !name.startsWith("."));
    expect([...new Set(others)].sort()).toEqual(["@piopiy/pcmo", "node:fs/promises", "node:http", "node:stream", "ws"]);
  });

  it("works without process and Buffer", async () => {
    // Node's own Response needs Buffer.
    const fetch: Fetch = async () => ({ status: 200, headers: { get: () => null }, text: async () => '{"request_id":"r1","code":200}' });
    vi.stubGlobal("process", undefined);
    vi.stubGlobal("Buffer", undefined);
    const reply = await place({ fetch });
    vi.unstubAllGlobals();
    expect(reply).toMatchObject({ request_id: "r1" });
  });
});

describe("as built", () => {
  it.each([
    ["import", ["--input-type=module", "-e", 'import { RestClient } from "piopiy"; console.log(typeof RestClient)']],
    ["require", ["--input-type=commonjs", "-e", 'console.log(typeof require("piopiy").RestClient)']],
    ["import, for bots", ["--input-type=module", "-e", 'import { createStreamServer } from "piopiy/stream"; console.log(typeof createStreamServer)']],
    ["require, for bots", ["--input-type=commonjs", "-e", 'console.log(typeof require("piopiy/stream").createStreamServer)']],
  ])("is loaded by %s", async (_, args) => {
    const { stdout } = await run(process.execPath, args, { cwd: here });
    expect(stdout.trim()).toBe("function");
  });

  it("loads no WebSocket for those who have no bot", async () => {
    const script = 'import { createRequire } from "node:module"; const loaded = createRequire(import.meta.url).cache; await import("piopiy"); console.log(Object.keys(loaded).filter((name) => name.includes("/ws/")).length)';
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", script], { cwd: here });
    expect(stdout.trim()).toBe("0");
  });

  const blocks = [...readFileSync(`${here}README.md`, "utf8").matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");

  it("has examples in its README", () => expect(blocks).toHaveLength(2));

  it.each(blocks.map((block, index) => [index, block] as const))("README example %i runs", async (_, block) => {
    answer = "success";
    bodies.length = 0;
    const env = { ...process.env, PIOPIY_BASE_URL: baseUrl, PIOPIY_APPID: "1234567", PIOPIY_TOKEN: "secret-x" };
    const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", block], { cwd: here, env });
    expect(stderr).toBe("");
    expect(stdout).not.toBe("");
    expect(bodies).toHaveLength(block.split("voice.call(").length - 1);
  });
});
