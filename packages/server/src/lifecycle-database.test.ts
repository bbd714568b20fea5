import { join } from "node:path";
import Libsql from "libsql";
import { expect, it } from "vitest";
import { app, startReceiver, startWorld, toneWav, until } from "./server-world.test.support.ts";
import { upCall } from "./up-call.test.support.ts";

it("while another program holds the database, calls go on, new ones are refused, and nothing is lost", async () => {
  const hooks = await startReceiver(() => ({}));
  const world = await startWorld({ phones: 3, config: { apps: [{ ...app, cdr_url: hooks.url }] } });
  await world.media("a.wav", toneWav(620, 30_000));
  const phones = [await world.phone(), await world.phone()];
  const flow = [{ action: "play", file_name: "a.wav" }];
  const up = (index: number) => upCall(world, phones[index]!, flow, 620);
  const [stays, ends] = [await up(0), await up(1)];
  await world.record(ends.id);

  const other = new Libsql(join(world.config.data, "piopiy.db"));
  other.exec("begin immediate");
  await ends.call.hangup();
  const refused = await world.place({ to: phones[1]!.username, pcmo: flow });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(refused.body.message).toMatch(/^The database cannot be used now/);
  // What is known is told, and the call that is up is heard all the while.
  expect(await world.record(ends.id)).toMatchObject({ status: "answered" });
  await stays.call.hears(620, 500);
  expect(hooks.received).toEqual([]);
  other.exec("rollback");
  other.close();

  expect(await world.ended(ends.id)).toMatchObject({ cause: "completed" });
  await until("its record", () => hooks.received[0]);
  const again = await up(1);
  for (const { call } of [stays, again]) await call.hangup();
  for (const { id } of [stays, again]) expect(await world.ended(id)).toMatchObject({ cause: "completed" });
  await until("all records", () => (hooks.received.length === 3 ? true : undefined));
  await world.close();
  await hooks.close();
});
