import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../base/index.ts";
import { openStore, type Store } from "../store/index.ts";
import { CDRS, EVENTS, OTHER, placing, setup, speak, TO, type Setup } from "./control-world.test.support.ts";

/** The disk is real, and its time is not the clock's. */
const untimed = { sync: () => Promise.resolve(), close: () => Promise.resolve() };

const folder = mkdtempSync(join(tmpdir(), "piopiy-recover-"));
const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
async function world(options: Setup, file = join(folder, `${(files += 1)}.db`)) {
  const clock = new VirtualClock();
  const store = await openStore({ file, clock, log: untimed });
  opened.push(store);
  return { file, ...(await setup({ ...options, store, clock })) };
}

/** What a crash would leave: the files as they lie on the disk while the server still has them open. */
function crash(file: string): string {
  const copy = join(folder, `${(files += 1)}-after.db`);
  for (const ending of ["", "-wal"]) if (existsSync(file + ending)) copyFileSync(file + ending, copy + ending);
  return copy;
}

const long = [{ action: "record" }, { action: "speak", text: "x".repeat(9000) }];

describe("after a crash", () => {
  it("every call that was taken has one end, which is told, and none is dialled again", async () => {
    const destinations = { [TO]: [{ does: "answer" }, { does: "ring" }] } as const;
    // The receiver is down: everything is still to be told.
    const before = await world({ destinations, replies: { [EVENTS]: [{ fails: "fetch_failed" }], [CDRS]: [{ fails: "fetch_failed" }] } });
    const up = await before.control.placeCall(placing(long, { extra_params: { order: 1 } }));
    await before.clock.advance(3000);
    const ringing = await before.control.placeCall(placing(speak, { to: OTHER, timeout: 50 }));
    const rings = await before.control.placeCall(placing(speak, { timeout: 50 }));
    await before.clock.advance(3000);
    const file = crash(before.file);

    const after = await world({ destinations, recoverRecording: () => Promise.resolve(4321) }, file);
    expect(await after.control.recover()).toBe(2);
    await after.clock.advance(40 * 60_000);
    expect(after.legs).toEqual([]);
    const { call, legs, recordings, events, timeline } = await after.read(up.requestId);
    expect(call).toMatchObject({ status: "ended", cause: "interrupted" });
    expect(legs).toMatchObject([{ status: "ended", cause: "interrupted", ended_by: "us" }]);
    expect(recordings).toMatchObject([{ status: "interrupted", duration_ms: 4321 }]);
    expect(timeline.at(-1)).toMatchObject({ type: "call.ended", data: { cause: "interrupted" } });
    expect(events.map(({ name, sequence, state }) => [name, sequence, state])).toEqual(
      ["started", "ringing", "answered", "recording.completed", "hangup", "cdr"].map((name, index) => [name, index + 1, "delivered"]),
    );
    const of = (id: string, url: string) => after.sent(url).filter((body) => body["request_id"] === id);
    expect(of(up.requestId, EVENTS).map((body) => body["sequence"])).toEqual([1, 2, 3, 4, 5]);
    expect(of(up.requestId, EVENTS)[3]).toMatchObject({ type: "recording.completed", interrupted: true, duration_ms: 4321, conversation_uuid: up.requestId });
    expect(of(up.requestId, CDRS)).toMatchObject([{ status: "answered", hangup_reason: "interrupted", extra_params: '{"order":1}' }]);
    expect(of(rings.requestId, CDRS)).toMatchObject([{ status: "missed", duration: 0, hangup_reason: "interrupted" }]);
    expect((await after.read(ringing.requestId)).call).toMatchObject({ cause: "unreachable" });
  });

  it("a call that was taken a moment before has a leg that was never dialled, and its app hears of it", async () => {
    const before = await world({ destinations: { [TO]: [{ does: "answer" }] } });
    const { requestId } = await before.control.placeCall(placing(speak));
    const after = await world({}, crash(before.file));
    expect(await after.control.recover()).toBe(1);
    await after.clock.advance(60_000);
    expect((await after.read(requestId)).legs).toMatchObject([{ which: "a", to: TO, cause: "interrupted" }]);
    expect(after.sent(EVENTS).map((body) => body["status"])).toEqual(["out_started", "out_hangup"]);
    expect(after.sent(CDRS)).toMatchObject([{ status: "missed", request_id: requestId, hangup_reason: "interrupted" }]);
  });

  it("a recording of which nothing is there has failed", async () => {
    const before = await world({ destinations: { [TO]: [{ does: "answer" }] } });
    const { requestId } = await before.control.placeCall(placing(long));
    await before.clock.advance(5000);
    const after = await world({ recoverRecording: () => Promise.resolve(undefined) }, crash(before.file));
    await after.control.recover();
    await after.clock.advance(60_000);
    expect(after.sent(EVENTS).map((body) => body["type"])).toContain("recording.failed");
    expect((await after.read(requestId)).recordings).toMatchObject([{ status: "failed" }]);
  });

  it("closes nothing a second time", async () => {
    const before = await world({ destinations: { [TO]: [{ does: "answer" }] } });
    await before.control.placeCall(placing(long));
    await before.clock.advance(5000);
    const file = crash(before.file);
    const first = await world({}, file);
    await first.control.recover();
    await first.store.flush();
    const second = await world({}, crash(file));
    expect(await second.control.recover()).toBe(0);
  });
});
