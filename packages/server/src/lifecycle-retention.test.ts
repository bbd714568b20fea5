import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "./base/index.ts";
import { resolveConfig } from "./config/index.ts";
import { startServer } from "./server.ts";
import { apiOf, app, toneWav, until } from "./server-world.test.support.ts";
import { finishRecording, insertCall, insertRecording, openStore } from "./store/index.ts";

const DAY_MS = 86_400_000;

it("a server deletes what has grown old while it was away, and what it is asked to, with the files", async () => {
  const data = await mkdtemp(join(tmpdir(), "piopiy-retention-"));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  const recordings = join(data, "recordings");
  await mkdir(recordings);
  const before = await openStore({ file: join(data, "piopiy.db"), clock: systemClock });
  const nowMs = systemClock.now();
  for (const [id, days] of [["old", 800], ["aged", 100], ["young", 1]] as const) {
    const ended_ms = nowMs - days * DAY_MS;
    const file = join(recordings, `${id}.wav`);
    await writeFile(file, toneWav(440, 200));
    await before.write(async (db) => {
      const none = { request_id: null, started_ms: null, answered_ms: null, extra_params: null };
      await insertCall(db, { id, appid: app.appid, direction: "outbound", from: "1", to: "2", created_ms: ended_ms, ended_ms, status: "ended", cause: "completed", flow: "[]", options: "{}", ...none });
      await insertRecording(db, { id, call_id: id, leg_id: "leg", file, channels: "mono", started_ms: ended_ms });
      await finishRecording(db, id, { status: "completed", duration_ms: 200, completed_ms: ended_ms });
    });
  }
  await before.close();

  const file = { http: { port: 0 }, sip: { udp: 0, tcp: 0 }, media: { ports: [0, 0] }, data, apps: [app], retention: { recordings: 90, free_gb: 1 } };
  const config = resolveConfig(JSON.stringify(file), {}, {});
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  const server = await startServer(config.value);
  const api = apiOf(server);
  const metrics = async () => await (await api.get("/metrics")).text();
  await until("what is old is gone", async () => (/piopiy_deleted_total\{what="calls"\} 1/.test(await metrics()) ? true : undefined));
  expect(await readdir(recordings)).toEqual(["young.wav"]);
  expect([(await api.get("/calls/old")).status, (await api.get("/calls/aged")).status, (await api.get("/recordings/young")).status]).toEqual([404, 200, 200]);
  expect(await metrics()).toMatch(/piopiy_data_free_bytes [1-9]/);

  const authorization = `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`;
  expect((await fetch(`${server.url}/calls/young`, { method: "DELETE", headers: { authorization } })).status).toBe(200);
  expect(await readdir(recordings)).toEqual([]);
  await server.close();
});
