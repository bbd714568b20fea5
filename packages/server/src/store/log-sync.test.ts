import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { PiopiyError, VirtualClock } from "../base/index.ts";
import { groupCommit } from "./group-commit.ts";
import { logSync } from "./log-sync.ts";
import { openStore } from "./store.ts";
import { insertEntries } from "./timeline.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

async function store(name = ":memory:") {
  const folder = mkdtempSync(join(tmpdir(), "piopiy-store-"));
  folders.push(folder);
  const file = name === ":memory:" ? name : join(folder, name);
  return { file, store: await openStore({ file, clock: new VirtualClock() }) };
}

describe("a commit", () => {
  it("is told when it is on the disk, and not before", async () => {
    const { store: memory } = await store();
    const told: string[] = [];
    const synced = () => {
      told.push("committed");
      return new Promise<void>((resolve) => setImmediate(() => (told.push("on the disk"), resolve())));
    };
    await groupCommit(memory.db, { clock: memory.clock, sync: synced, insertRows: insertEntries }).write((db) => db.selectFrom("settings").selectAll().execute());
    expect([...told, "told"]).toEqual(["committed", "on the disk", "told"]);
    await memory.close();
  });

  it("fails, and is not made a second time, when the disk does not take it", async () => {
    const { store: memory } = await store();
    let ran = 0;
    let broken = true;
    const writes = groupCommit(memory.db, {
      clock: memory.clock,
      sync: () => (broken ? Promise.reject(new PiopiyError("store_failed")) : Promise.resolve()),
      insertRows: insertEntries,
    });
    const work = async () => {
      ran += 1;
    };
    await expect(writes.write(work)).rejects.toMatchObject({ code: "store_failed" });
    expect([ran, writes.available]).toEqual([1, false]);
    broken = false;
    await writes.write(work);
    expect([ran, writes.available]).toEqual([2, true]);
    await memory.close();
  });

  it("is brought to the disk by its file's log", async () => {
    const { file, store: onFile } = await store("data.db");
    const log = await logSync(file);
    await log.sync();
    await log.close();
    await expect(log.sync()).rejects.toMatchObject({ code: "store_failed" });
    await onFile.close();
  });
});
