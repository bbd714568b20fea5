import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPhone, randomIds, resolveConfig, startServer, systemClock, type Phone } from "@piopiy/server";
import { vi } from "vitest";

/** A server as `npm start` makes it, its softphone registered, and what it prints in the environment. */
export interface LiveServer {
  readonly phone: Phone;
  close(): Promise<void>;
}

export async function startLiveServer(): Promise<LiveServer> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-docs-"));
  const free = { httpPort: "0", sipUdp: "0", sipTcp: "0", mediaPorts: "0-0", data };
  const config = resolveConfig(undefined, {}, free);
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  const server = await startServer(config.value);
  const [account] = server.config.phones;
  const [sip] = server.sip;
  if (!account || !sip) throw new Error("there is no development phone");
  const phone = await createPhone({ ...account, server: sip, host: "127.0.0.1", clock: systemClock, ids: randomIds });
  await phone.registered;
  vi.stubEnv("PIOPIY_BASE_URL", server.url);
  vi.stubEnv("PIOPIY_APPID", server.app.appid);
  vi.stubEnv("PIOPIY_TOKEN", server.app.secret);
  return {
    phone,
    async close() {
      vi.unstubAllEnvs();
      await phone.close();
      await server.close();
      await rm(data, { recursive: true });
    },
  };
}

/** Runs a program as its reader would, from a file of its own; resolves with what it printed. */
export async function run(name: string, code: string): Promise<readonly unknown[]> {
  const folder = join(import.meta.dirname, "build", "examples");
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.ts`);
  await writeFile(file, code);
  const printed: unknown[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((text) => void printed.push(text));
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    log.mockRestore();
  }
  return printed;
}
