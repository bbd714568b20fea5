import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpOf } from "./compose-http.ts";
import { secretsOf } from "./compose-secrets.ts";
import { systemClock } from "./base/index.ts";
import { resolveConfig } from "./config/index.ts";
import { startServer } from "./server.ts";
import { authority, client, server } from "./sip/transport/certificates.test.data.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-http-"));
  const files = { "cert.pem": server.cert, "key.pem": server.key, "other-key.pem": client.key };
  await Promise.all(Object.entries(files).map(([name, pem]) => writeFile(at(name), pem)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function configured(more: object) {
  const resolved = resolveConfig(JSON.stringify({
    http: { port: 0 }, media: { ports: [0, 0], workers: 1 }, data: at("data"), sip: { udp: 0, tcp: false }, ...more,
  }), {}, {});
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return resolved.value;
}
const tls = (key = "key.pem") => ({ http: { port: 0, tls: { cert: at("cert.pem"), key: at(key) } } });

describe("the API as it is configured", () => {
  it("is served over TLS, from a folder that only its owner may read", async () => {
    const running = await startServer(configured(tls()));
    expect(running.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request(`${running.url}/health`, { ca: authority, checkServerIdentity: () => undefined }, (response) => void text(response).then(resolve, reject));
      asked.on("error", reject).end();
    });
    const { mode } = await stat(at("data"));
    await running.close();
    expect(body).toContain('"status":"ok"');
    expect(mode & 0o077).toBe(0);
    expect(await readdir(at("data"))).toContain("piopiy.db");
  });

  it("is not served with the key of another certificate", async () => {
    await expect(startServer(configured(tls("other-key.pem")))).rejects.toMatchObject({ code: "bad_configuration", message: "http.tls.key is not the key of the certificate." });
  });

  it("has its limits from the configuration", async () => {
    const http = { port: 0, rate: { app: 5 }, body_kb: 64, proxies: ["10.0.0.0/8"] };
    expect((await httpOf(configured({ http }), systemClock)).options).toEqual({
      rate: { app: 5, address: 1000, bad_credentials: 30 }, bodyBytes: 65_536, proxies: ["10.0.0.0/8"],
    });
    expect(await httpOf(configured({}), systemClock)).toEqual({ options: {} });
  });
});

it("every secret of the configuration is kept out of the log", async () => {
  const config = configured({
    apps: [{ appid: 1, secret: "secret one", webhook_secrets: ["the secret of webhooks", "the secret before it"], cdr_url: "https://u:secret-five@example.com/cdr" }],
    numbers: [{ number: "1000", app: 1, answer_url: "https://example.com/?of=nobody", fallback_url: "http://:secret%20six@example.com/" }],
    phones: [{ username: "desk", password: "secret two" }],
    trunks: [{ name: "t", host: "127.0.0.1", username: "u", password: "secret three" }],
    speech: { provider: "openai", base_url: "http://me:secret7@127.0.0.1:9", api_key: "secret four" },
  });
  expect(secretsOf(config)).toEqual(["secret one", "the secret of webhooks", "the secret before it", "secret two", "secret three", "secret four", "secret-five", "secret%20six", "secret7"]);
  // What is called a secret in the schema's source is in the list: a new one has to be put there.
  const sources = await Promise.all(["schema.ts", "sip-schema.ts", "http-schema.ts", "limits-schema.ts"].map((name) => readFile(join(import.meta.dirname, "config", name), "utf8")));
  const named = [...sources.join("\n").matchAll(/^ {2}(\w*(?:secret|password|key|token|passphrase)\w*):/gm)].map(([, name]) => name);
  // `key` is the path of a file, and `keying` says how keys are agreed on.
  expect(new Set(named)).toEqual(new Set(["keying", "secret", "webhook_secrets", "password", "api_key", "key"]));
});
