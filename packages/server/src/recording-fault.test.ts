import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { app, startReceiver, startWorld, toneWav, until } from "./server-world.test.support.ts";

it("a recording that the disk does not take is told, and the call goes on", async () => {
  const data = await mkdtemp(join(tmpdir(), "piopiy-disk-"));
  // Where the folder of recordings would be, something else is: nothing can be written there.
  await writeFile(join(data, "recordings"), "");
  const hooks = await startReceiver(() => ({}));
  const world = await startWorld({ phones: 1, data, config: { apps: [{ ...app, event_url: `${hooks.url}/event` }] } });
  try {
    await world.media("after.wav", toneWav(1300, 600));
    const phone = await world.phone();
    const picksUp = phone.nextCall();
    const id = await world.call(phone.username, [{ action: "record" }, { action: "play", file_name: "after.wav" }, { action: "hangup" }]);
    const call = await picksUp;
    await call.hears(1300);
    expect(await call.ended).toMatchObject({ reason: "completed" });
    const record = await world.ended(id);
    expect(record.cause).toBe("completed");
    expect(record.timeline.map(({ type }) => type)).toContain("recording.failed");
    expect(record.recordings).toMatchObject([{ status: "failed", url: null }]);
    const told = () => hooks.received.filter(({ body }) => body["type"] === "recording.failed");
    await until("the event", () => told()[0]);
    expect(told()).toHaveLength(1);

    // Once the disk takes files again, so does the server.
    await rm(join(data, "recordings"));
    const nextCall = phone.nextCall();
    const next = await world.call(phone.username, [{ action: "record" }, { action: "play", file_name: "after.wav" }, { action: "hangup" }]);
    await (await nextCall).ended;
    expect((await world.ended(next)).recordings).toMatchObject([{ status: "completed", url: expect.any(String) }]);
  } finally {
    await world.close();
    await hooks.close();
    await rm(data, { recursive: true, force: true });
  }
});
