import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { audible } from "@piopiy/server";
import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip, type Baresip } from "./baresip.ts";
import { freePorts } from "./ports.ts";
import { missing, startProgram, type Cleanup, type RunningProgram } from "./running-program.ts";
import { tones } from "./test-server.ts";

const repository = fileURLToPath(new URL("..", import.meta.url));
const noCurl = missing("curl", "curl") ?? missing("bash", "bash");

/** What `npm start` runs, on free ports, and what it has printed. */
async function start(cleanup: Cleanup) {
  const data = await mkdtemp(join(tmpdir(), "piopiy-start-"));
  cleanup(() => rm(data, { recursive: true }));
  const [sip, http] = [await freePorts(2), await freePorts(2)];
  const flags = ["--http-port", `${http}`, "--sip-udp", `${sip}`, "--sip-tcp", `${sip}`, "--media-ports", "0-0", "--data", data];
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(await readFile(join(repository, "package.json"), "utf8"));
  const [command = "", ...args] = (scripts["start"] ?? "").split(" ");
  const program = startProgram(cleanup, command, [...args, ...flags], { cwd: repository });
  await program.says(/Ctrl-C again ends them\./);
  const printed = (pattern: RegExp) => pattern.exec(program.output())?.[1] ?? `not printed: ${pattern}`;
  const [host = "", port] = printed(/^ +server +(\S+)/m).split(":");
  return {
    program,
    readyInMs: Number(printed(/ready in (\d+) ms/)),
    account: { username: printed(/^ +user name +(\S+)/m), password: printed(/^ +password +(\S+)/m), server: { host, port: Number(port) } },
    numberToCall: printed(/and call (\d+) with it/),
    curl: printed(/^ +(curl .*)$/m),
    snippet: printed(/or with the SDK:\n\n([^]*?)\n\n/),
  };
}

describe.concurrent("npm start", () => {
  it("prints what to do next, and ends with 0 at Ctrl-C", async ({ onTestFinished }) => {
    const { program, readyInMs, account, numberToCall, curl, snippet } = await start(onTestFinished);
    // Some 300 ms; many times that where the machine is busy.
    expect(readyInMs).toBeLessThan(40_000);
    expect(account).toMatchObject({ username: "phone", server: { host: "127.0.0.1" } });
    expect(numberToCall).toBe("1001");
    expect(curl).toContain("/v2/global_pcmo_make_call");
    expect(snippet).toContain('from "piopiy"');
    program.signal("SIGINT");
    expect(await program.exit()).toBe(0);
    expect(program.output()).toContain("Ending 0 calls");
  });

  describe.concurrent("with baresip registered as printed", () => {
    beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

    it("is rung by the printed curl, hears speech, and is hung up on by Ctrl-C", async ({ onTestFinished }) => {
      const { program, account, curl } = await start(onTestFinished);
      const phone = await startBaresip(onTestFinished, { ...account, says: tones.phone, answers: true });
      await runAsPrinted(onTestFinished, curl);
      await phone.inCall();
      await phone.callEnded();
      expect(await spokenMs(phone)).toBeGreaterThanOrEqual(1000);

      await runAsPrinted(onTestFinished, curl);
      await phone.inCall();
      await endsCallsAtCtrlC(program, phone);
    });

    it("is rung by the printed lines of the SDK, and hears speech", async ({ onTestFinished }) => {
      const { program, account, snippet } = await start(onTestFinished);
      const phone = await startBaresip(onTestFinished, { ...account, says: tones.phone, answers: true });
      const run = startProgram(onTestFinished, "node", ["--input-type=module", "--eval", snippet], { cwd: repository });
      await phone.inCall();
      expect(await run.exit()).toBe(0);
      expect(run.output()).toContain("request_id");
      await phone.callEnded();
      expect(await spokenMs(phone)).toBeGreaterThanOrEqual(1000);
      program.signal("SIGTERM");
      expect(await program.exit()).toBe(0);
    });

    it.for(["udp", "tcp"] as const)("calls the printed number over %s and hears speech", async (transport, { onTestFinished }) => {
      const { account, numberToCall } = await start(onTestFinished);
      const phone = await startBaresip(onTestFinished, { ...account, transport, says: tones.phone });
      phone.call(numberToCall);
      await phone.inCall();
      await phone.callEnded();
      expect(await spokenMs(phone)).toBeGreaterThanOrEqual(1000);
    });
  });
});

/** The line as it stands, in a shell; without curl, what it would send. */
async function runAsPrinted(cleanup: Cleanup, curl: string): Promise<void> {
  if (noCurl === undefined) {
    const shell = startProgram(cleanup, "bash", ["-c", curl], { cwd: repository });
    expect(await shell.exit()).toBe(0);
    expect(shell.output()).toContain("request_id");
    return;
  }
  const [, url = "", name = "", value = "", body = ""] = /^curl -sS (\S+) -H '([^:]+): ([^']+)' -d '([^']+)'$/.exec(curl) ?? [];
  const response = await fetch(url, { method: "POST", headers: { [name]: value }, body });
  expect(await response.text()).toContain("request_id");
}

async function endsCallsAtCtrlC(program: RunningProgram, phone: Baresip): Promise<void> {
  program.signal("SIGINT");
  await program.says(/1 call may go on/);
  program.signal("SIGINT");
  // The words baresip has for a BYE of the other side.
  expect(await phone.callEnded()).toBe("Connection reset by peer");
  expect(await program.exit()).toBe(0);
  expect(program.output()).toMatch(/Ending 1 call [^]*Everything is closed\./);
}

/** For how long something was to be heard. */
async function spokenMs(phone: Baresip): Promise<number> {
  const samples = await phone.heard();
  let ms = 0;
  for (let at = 0; at + 160 <= samples.length; at += 160) if (audible(samples.subarray(at, at + 160))) ms += 20;
  return ms;
}
