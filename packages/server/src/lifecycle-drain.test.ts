import { createSocket } from "node:dgram";
import { join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock, text } from "./base/index.ts";
import { CallNotAnswered } from "./phone/index.ts";
import { numbers, startProgram, type Program } from "./program.test.support.ts";
import { rawRequest } from "./raw-sip.test.support.ts";
import { host, startReceiver, toneWav, until, app } from "./server-world.test.support.ts";
import { findCall, openStore, readTimeline } from "./store/index.ts";
import { upCall } from "./up-call.test.support.ts";

const programs: Program[] = [];
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.close()));
});

const hz = 620;
const playLong = [{ action: "play", file_name: "long.wav" }, { action: "hangup" }];

async function start(config: Readonly<Record<string, unknown>>): Promise<Program> {
  const program = await startProgram(config);
  programs.push(program);
  await mkdir(join(program.data, "media"), { recursive: true });
  await writeFile(join(program.data, "media", "long.wav"), toneWav(hz, 30_000));
  return program;
}

async function upWith(program: Program, index: number) {
  const phone = await program.phone(index);
  return { phone, ...(await upCall(program.api, phone, playLong, hz)) };
}

/** The answer to one datagram. */
async function answerTo(port: number, request: (own: number) => string): Promise<string> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, host, resolve));
  try {
    return await new Promise((resolve) => {
      socket.on("message", (bytes) => resolve(text(bytes)));
      socket.send(request(socket.address().port), port, host);
    });
  } finally {
    socket.close();
  }
}

/** How the call stands in the file when the process is gone. */
async function recorded(program: Program, id: string) {
  const store = await openStore({ file: join(program.data, "piopiy.db"), clock: systemClock });
  try {
    const call = await findCall(store.db, app.appid, id);
    const timeline = call ? await readTimeline(store.db, call.id) : [];
    return { ...call, last: timeline.at(-1) };
  } finally {
    await store.close();
  }
}

describe("a server that is told to stop", () => {
  it("takes nothing new, lets its calls go on for a while, hangs up with a cause, tells it, and ends with 0", async () => {
    const hooks = await startReceiver(() => ({}));
    const program = await start({ drain: 6, apps: [{ ...app, cdr_url: hooks.url }] });
    const [stays, ends] = [await upWith(program, 0), await upWith(program, 1)];
    program.child.kill("SIGTERM");
    await until("the news", () => (program.output().includes("2 calls may go on for 6 s") ? true : undefined));

    const health = await program.api.get("/health");
    expect([health.status, health.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await health.json()).toMatchObject({ status: "draining", calls: 2 });
    const live = await program.api.get("/health/live");
    expect([live.status, await live.json()]).toMatchObject([200, { status: "live" }]);
    const placed = await program.api.place({ to: numbers[2], pcmo: playLong });
    expect([placed.status, placed.headers.get("retry-after"), placed.body.message]).toEqual([503, "5", "The server is shutting down."]);
    const options = await answerTo(program.sip.port, (port) => rawRequest("OPTIONS", { transport: "udp", port }));
    expect(options).toMatch(/^SIP\/2\.0 503 [\s\S]*\r\nRetry-After: \d+\r\n/);
    const caller = await program.phone(2);
    const refusal = await caller.call("1000").catch((failure: unknown) => failure);
    expect(refusal instanceof CallNotAnswered && refusal.cause).toMatchObject({ who: "peer", sipStatus: 503 });

    // A call may come to its own end, and the other is heard all the while.
    await ends.call.hangup();
    await stays.call.hears(hz, 500);
    expect(await stays.call.ended).toMatchObject({ who: "peer" });
    expect(await program.exited).toBe(0);
    expect(program.output()).toMatch(/Ending 1 call …\nEverything is closed\.\n$/);
    expect(hooks.received.map(({ body }) => body["hangup_reason"])).toEqual(["completed", "shutdown"]);
    expect(await recorded(program, ends.id)).toMatchObject({ status: "ended", cause: "completed" });
    expect(await recorded(program, stays.id)).toMatchObject({ status: "ended", cause: "shutdown", last: { type: "call.ended", data: { reason: "shutdown" } } });
    await hooks.close();
  });

  it("does not wait when it is told a second time", async () => {
    const program = await start({ drain: 600 });
    const { call, id } = await upWith(program, 0);
    program.child.kill("SIGINT");
    await until("the news", () => (program.output().includes("1 call may go on for 600 s") ? true : undefined));
    program.child.kill("SIGINT");
    expect(await call.ended).toMatchObject({ who: "peer" });
    expect(await program.exited).toBe(0);
    expect(await recorded(program, id)).toMatchObject({ cause: "shutdown" });
  });

  it("ends at once when there are no calls, and does not wait longer than for the last one", async () => {
    const idle = await start({ drain: 600 });
    idle.child.kill("SIGTERM");
    expect(await idle.exited).toBe(0);
    const busy = await start({ drain: 600 });
    const { call, id } = await upWith(busy, 0);
    busy.child.kill("SIGTERM");
    await until("the news", () => (busy.output().includes("may go on") ? true : undefined));
    await call.hangup();
    expect(await busy.exited).toBe(0);
    expect(await recorded(busy, id)).toMatchObject({ cause: "completed" });
  });

  it("keeps calls that wait for their turn for the next start", async () => {
    const program = await start({ drain: 600, apps: [{ ...app, limits: { concurrent: 1 } }] });
    const first = await upWith(program, 0);
    const waiting = await program.phone(1);
    const id = await program.api.call(waiting.username, playLong);
    program.child.kill("SIGTERM");
    await until("the news", () => (program.output().includes("may go on") ? true : undefined));
    await first.call.hangup();
    expect(await program.exited).toBe(0);
    expect(await recorded(program, id)).toMatchObject({ status: "queued" });
  });
});
