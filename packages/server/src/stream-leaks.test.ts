import { readdir, readlink } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock, type Clock } from "./base/index.ts";
import { startBotServer, type BotServer, type Taken } from "./adapters/stream/bot-server.test.support.ts";
import type { Phone } from "./phone/index.ts";
import { startWorld, until, type World } from "./server-world.test.support.ts";

// What many short calls with streams leave behind: nothing.

const PHONES = 10;
const WARM_UP = 100;
const CALLS = 200;
const DESCRIPTORS = "open sockets";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** How long a transaction stays after its end, for what is sent again (RFC 6026 §7.2, Timers L and M): 64 * T1. */
const TRANSACTION_MS = 32_000;
/** And here. */
const SHORT_MS = 2000;
/** The server's and each phone's: one timer for all transactions that have been answered. */
const USER_AGENTS = 1 + PHONES;

/** The machine's clock but for that, and how many of its timers are set. */
function countingClock(): Clock & { readonly timers: number } {
  let timers = 0;
  return {
    ...systemClock,
    get timers() {
      return timers;
    },
    setTimer(delayMs, fire) {
      let set = true;
      const done = () => {
        if (set) timers -= 1;
        set = false;
      };
      timers += 1;
      const timer = systemClock.setTimer(delayMs === TRANSACTION_MS ? SHORT_MS : delayMs, () => {
        done();
        fire();
      });
      return {
        cancel() {
          done();
          timer.cancel();
        },
      };
    },
  };
}

let world: World;
let bot: BotServer;
let phones: readonly Phone[];
const clock = countingClock();
const warnings: Error[] = [];
const warned = (warning: Error) => void (warning.name === "MaxListenersExceededWarning" && warnings.push(warning));
beforeAll(async () => {
  process.on("warning", warned);
  bot = await startBotServer();
  void answerBots();
  world = await startWorld({ phones: PHONES, server: { clock } });
  // Over TCP: over UDP a transaction stays for 32 s, to answer what is sent again (RFC 3261 §17.2.2).
  const server = world.server.sip.find(({ transport }) => transport === "tcp");
  phones = await Promise.all(Array.from({ length: PHONES }, () => world.phone({ clock, ...(server && { server }) })));
});
afterAll(async () => {
  await world.close();
  await bot.close();
  process.off("warning", warned);
});

interface Way {
  readonly stream: object;
  /** What the bot does as soon as it is connected. */
  readonly bot?: (said: Taken) => void;
  /** The party hangs up once the bot has closed its socket. */
  readonly hangsUp?: true;
}

const tell = ({ socket }: Taken, message: object) => socket.send(JSON.stringify(message));
const audio = Buffer.alloc(1600).toString("base64");
const v1 = { protocol: "v1" } as const;

/** The ways in which a stream begins and ends. */
const ways: readonly Way[] = [
  { stream: {}, bot: (said) => tell(said, { action: "stop" }) },
  { stream: {}, bot: (said) => tell(said, [{ action: "hangup" }]) },
  {
    stream: v1,
    bot(said) {
      tell(said, { type: "audio", utterance: 1, audio, last: true });
      tell(said, { type: "mark", name: "m" });
      tell(said, { type: "hangup" });
    },
  },
  { stream: { ...v1, listen_mode: "callee" }, bot: (said) => tell(said, { type: "stop" }) },
  { stream: { ...v1, listen_mode: "both" }, bot: ({ socket }) => socket.close(1000) },
  { stream: { ...v1, reconnect: 0 }, bot: ({ socket }) => socket.terminate() },
  // Away, or back already, when the call ends.
  { stream: { ...v1, on_stream_fail: [{ action: "hangup" }] }, bot: ({ socket }) => socket.close(1012), hangsUp: true },
  { stream: { dialect: "twilio" }, bot: ({ socket }) => socket.close(1000) },
  { stream: { ws_url: "ws://127.0.0.1:9/", standby_url: "ws://127.0.0.1:9/", on_stream_fail: [{ action: "hangup" }] } },
];

/** The calls that wait for their bot, by the query it is dialled with. */
const expected = new Map<string, (said: Taken) => void>();

async function answerBots(): Promise<never> {
  for (;;) {
    const said = await bot.taken();
    const query = said.target.split("?")[1] ?? "";
    expected.get(query)?.(said);
    expected.delete(query);
  }
}

async function oneCall(phone: Phone, number: number): Promise<void> {
  const { stream, bot: acts, hangsUp } = ways[number % ways.length]!;
  const query = `call=${number}`;
  const rings = phone.nextCall();
  const dialled = acts && new Promise<Taken>((taken) => expected.set(query, taken));
  await world.call(phone.username, [{ action: "stream", ws_url: `${bot.url}?${query}`, ...stream }]);
  const [call, said] = await Promise.all([rings, dialled]);
  if (said) acts?.(said);
  if (hangsUp) {
    await said?.closed;
    await call.hangup();
  }
  await call.ended;
}

async function calls(count: number): Promise<void> {
  let next = 0;
  await Promise.all(phones.map(async (phone) => {
    while (next < count) await oneCall(phone, next++);
  }));
  await until("the end of every call", () => (world.server.calls() === 0 ? true : undefined));
}

/** Sockets of the process with all its threads: TCP, and UDP, which holds the ports of RTP. Only Linux tells. */
async function openSockets(): Promise<number> {
  const folder = "/proc/self/fd";
  const open = await readdir(folder).catch(() => []);
  const what = await Promise.all(open.map((descriptor) => readlink(`${folder}/${descriptor}`).catch(() => "")));
  return what.filter((link) => link.startsWith("socket:")).length;
}

/** What there is of everything that could be left behind. */
async function present(): Promise<Readonly<Record<string, number>>> {
  const present: Record<string, number> = {
    sessions: await world.metric("piopiy_media_sessions"),
    sockets: await world.metric("piopiy_streams_open"),
    timers: clock.timers,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    [DESCRIPTORS]: await openSockets(),
  };
  for (const kind of process.getActiveResourcesInfo()) present[kind] = (present[kind] ?? 0) + 1;
  return present;
}

/** The connection in which the test itself asks over HTTP is kept for a while, with its both ends here. */
const mayStay: Readonly<Record<string, number>> = { TCPSocketWrap: 2, [DESCRIPTORS]: 2 };

/** What there is more than before. */
function beyond(before: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(now).filter((kind) => (now[kind] ?? 0) > (before[kind] ?? 0) + (mayStay[kind] ?? 0));
}

function heapUsed(): number {
  for (let round = 0; round < 4; round++) collectGarbage();
  return process.memoryUsage().heapUsed;
}

it("streams leave no socket, port, session, timer or listener behind, and no memory", async () => {
  const idle = clock.timers;
  await calls(WARM_UP);
  await until("the end of what the first calls began", () => (clock.timers <= idle + USER_AGENTS ? true : undefined));
  const [before, heapBefore] = [await present(), heapUsed()];
  await calls(CALLS);
  await until("what there was before", async () => (beyond(before, await present()).length === 0 ? true : undefined)).catch(() => undefined);
  const after = await present();
  expect(beyond(before, after), JSON.stringify({ before, after })).toEqual([]);
  expect(after).toMatchObject({ sessions: 0, sockets: 0 });
  // A call that stays whole takes 45 KB.
  expect((heapUsed() - heapBefore) / CALLS).toBeLessThan(10_000);
  expect(warnings).toEqual([]);
});
