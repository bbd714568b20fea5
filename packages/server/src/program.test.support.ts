import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomIds, systemClock } from "./base/index.ts";
import { createPhone, type Phone } from "./phone/index.ts";
import { app, apiOf, host } from "./server-world.test.support.ts";
import type { SipAddress } from "./sip/index.ts";

// The program as it is installed: built, and in a process of its own.

const program = new URL("../dist/cli.js", import.meta.url).pathname;

export const numbers = ["919400000001", "919400000002", "919400000003"] as const;
const phones = numbers.map((number) => ({ username: number, password: "secret", number }));

export interface Program {
  readonly child: ChildProcess;
  /** The code it ended with. */
  readonly exited: Promise<number | null>;
  readonly api: ReturnType<typeof apiOf>;
  readonly url: string;
  readonly sip: SipAddress;
  readonly data: string;
  /** What it has printed so far. */
  output(): string;
  /** A phone that is registered. */
  phone(index: number): Promise<Phone>;
  close(): Promise<void>;
}

/** Starts `piopiy serve`; `shell` comes before it in a shell, such as `ulimit -n 64`. */
export async function startProgram(config: Readonly<Record<string, unknown>> = {}, shell = ":", env: Readonly<Record<string, string>> = {}): Promise<Program> {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-program-"));
  const data = join(folder, "data");
  const file = join(folder, "serve.json");
  const base = { http: { host, port: 0 }, sip: { host, udp: 0, tcp: 0 }, media: { host, ports: [0, 0], workers: 1 }, data, apps: [app], phones };
  await writeFile(file, JSON.stringify({ ...base, ...config }));
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PIOPIY_")));
  const child = spawn("bash", ["-c", `${shell}; exec "$0" "$@"`, process.execPath, program, "serve", "--config", file], {
    cwd: folder, env: { ...own, ...env }, stdio: ["ignore", "pipe", "pipe"],
  });
  // A test that is given up while the server starts has nothing to close yet.
  const orphaned = () => void child.kill("SIGKILL");
  process.once("exit", orphaned);
  const exited = once(child, "exit").then(([code]) => (typeof code === "number" ? code : null)).finally(() => process.off("exit", orphaned));
  let out = "";
  const collect = (chunk: string) => void (out += chunk);
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const ready = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.on("data", () => {
      const found = /REST API\s+(\S+)[\s\S]*SIP\s+udp [\d.]+:(\d+)[\s\S]*again ends them\./.exec(out);
      if (found) resolve(found);
    });
    exited.then((code) => reject(new Error(`the server ended with ${code}: ${out}`)), reject);
  });
  const url = ready[1] ?? "";
  const sip = { transport: "udp", host, port: Number(ready[2]) } as const;
  const opened: Phone[] = [];
  return {
    child, exited, url, sip, data,
    api: apiOf({ url }),
    output: () => out,
    async phone(index) {
      const phone = await createPhone({ username: numbers[index] ?? "", password: "secret", server: sip, host, clock: systemClock, ids: randomIds });
      opened.push(phone);
      await phone.registered;
      return phone;
    },
    async close() {
      child.kill("SIGKILL");
      await exited;
      // Their server is gone: signing off takes as long as a phone tries, and nobody waits for it.
      void Promise.allSettled(opened.map((phone) => phone.close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
