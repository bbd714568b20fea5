import { connect, type Socket } from "node:net";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startProgram } from "./program.test.support.ts";
import { host, toneWav, until } from "./server-world.test.support.ts";

// A server in a process of its own, which may have so many files open and no more.

// As many as it needs to start: its modules are read side by side.
const LIMIT = 600;

describe("a server that has no file handle left", () => {
  it("lives, refuses what it cannot do, goes on with its calls, and recovers when handles come back", async () => {
    const program = await startProgram({}, `ulimit -n ${LIMIT}`);
    const { api, sip, url } = program;
    await mkdir(join(program.data, "media"), { recursive: true });
    await writeFile(join(program.data, "media", "a.wav"), toneWav(620, 30_000));
    const flow = [{ action: "play", file_name: "a.wav" }];
    const phone = await program.phone(0);
    const other = await program.phone(1);
    const picksUp = phone.nextCall();
    const id = await api.call(phone.username, flow);
    const call = await picksUp;
    await call.hears(620);

    // Connections of people who say nothing, until there is no handle left; half to the API, half to SIP.
    const handles = async () => (await readdir(`/proc/${program.child.pid}/fd`)).length;
    const sockets: Socket[] = [];
    const open = (port: number) => {
      const socket = connect(port, host);
      socket.on("error", () => undefined);
      sockets.push(socket);
    };
    for (let more = 0; more < LIMIT; more++) open(more % 2 === 0 ? Number(new URL(url).port) : sip.port);
    await until("the last handle", async () => ((await handles()) >= LIMIT - 2 ? true : undefined));

    // The call that is up does not notice.
    await call.hears(620, 500);
    // One that comes in finds no port for its media: 503, and nothing breaks.
    await expect(other.call(phone.username)).rejects.toMatchObject({ cause: { who: "peer", sipStatus: 503 } });
    await call.hears(620, 200);

    for (const socket of sockets) socket.destroy();
    await until("handles", async () => ((await handles()) < LIMIT - 30 ? true : undefined));
    expect((await api.get("/health")).status).toBe(200);
    const second = other.nextCall();
    const again = await api.call(other.username, [{ action: "record" }, ...flow]);
    await (await second).hears(620);
    await (await second).hangup();
    expect(await api.ended(again)).toMatchObject({ cause: "completed", recordings: [{ status: "completed" }] });
    await call.hangup();
    expect(await api.ended(id)).toMatchObject({ cause: "completed" });
    program.child.kill("SIGTERM");
    expect(await program.exited).toBe(0);
    await program.close();
  });
});
