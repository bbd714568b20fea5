import { afterAll, beforeAll, expect, it } from "vitest";
import { createMediaEngine, type MediaEngine, type MediaSession } from "./media/index.ts";
import { host, startWorld, toneWav, until, type World } from "./server-world.test.support.ts";

let world: World;
const engines: MediaEngine[] = [];
beforeAll(async () => {
  world = await startWorld({ phones: 3, config: { media: { host, ports: [0, 0], timeout: 3 } } });
  await world.media("tone.wav", toneWav(620, 60_000));
});
afterAll(async () => {
  await world.close();
  await Promise.all(engines.map((engine) => engine.close()));
});

/** A call to a phone whose packets can be stopped, as by a network that is gone. */
async function called() {
  const engine = await createMediaEngine({ host, ports: [0, 0], workers: 0 });
  engines.push(engine);
  const sessions: MediaSession[] = [];
  const phone = await world.phone({
    engine: {
      sessions: 0,
      open: async (options) => {
        const session = await engine.open(options);
        sessions.push(session);
        return session;
      },
      statistics: () => engine.statistics(),
      close: () => engine.close(),
    },
  });
  const rings = phone.nextCall();
  const id = await world.call(phone.username, [{ action: "play", file_name: "tone.wav" }]);
  const call = await rings;
  await call.hears(620);
  const fallSilent = async () => void (await Promise.all(sessions.map((session) => session.close())));
  return { id, call, fallSilent };
}

it("a call whose party sends nothing any more ends, with a cause; one that is on hold may be silent, and one that talks goes on", async () => {
  const [held, talking, dead] = [await called(), await called(), await called()];
  expect(await held.call.hold(true)).toBe(true);
  await held.fallSilent();
  await dead.fallSilent();
  const record = await world.ended(dead.id);
  expect(record.legs).toMatchObject([{ cause: "media_timeout", ended_by: "network" }]);
  expect(await dead.call.ended).toMatchObject({ who: "peer" });
  // As long once more.
  await until("as long of the call that goes on", () => (talking.call.heard().samples.length > 8 * 8000 ? true : undefined));
  for (const { id } of [held, talking]) expect((await world.record(id)).status).toBe("answered");
  await talking.call.hangup();
  await held.call.hangup();
  for (const { id } of [held, talking]) expect((await world.ended(id)).legs).toMatchObject([{ cause: "completed" }]);
});
