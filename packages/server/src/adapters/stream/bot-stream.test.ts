import { writeAudioFrame } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { g711, pcmBytes } from "../../audio/index.ts";
import { running } from "./bot-stream-run.test.support.ts";
import { twilioDialect } from "./twilio.ts";

const audio = (utterance: number, ms: number, more: { last?: boolean } = {}) =>
  writeAudioFrame({ utterance, pcm: pcmBytes(new Int16Array(ms * 8).fill(utterance)), ...more });
const file = (utterance: number, more: object = {}) => ({ type: "audio", utterance, encoding: "wav", audio: "AAAA", ...more });

/** Files are decoded when the test says so, into so many milliseconds. */
function decoding() {
  const waiting: ((ms: number) => void)[] = [];
  const decode = (_: Uint8Array, signal: AbortSignal) => new Promise<Int16Array>((resolve, reject) => {
    waiting.push((ms) => resolve(new Int16Array(ms * 8).fill(99)));
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  return { decode, done: (ms: number) => waiting.shift()?.(ms) };
}

describe("the queue of a bot of the exact protocol", () => {
  it("refuses the newest beyond 60 s, says so once, and takes more when there is room", async () => {
    const run = running();
    run.socket.says(audio(1, 50_000));
    run.socket.says(audio(1, 30_000));
    run.socket.says(audio(1, 10_000));
    expect(run.told.map(({ type }) => type)).toEqual(["start", "credit", "credit", "overflow", "credit"]);
    expect(run.of("credit").map(({ free_ms: free }) => free)).toEqual([60_000, 10_000, 0]);
    await run.pass(100);
    expect(run.of("credit").at(-1)).toMatchObject({ free_ms: 2000 });
    run.socket.says(audio(1, 1000, { last: true }));
    run.socket.says({ type: "stop" });
    expect((await run.over()).totals).toMatchObject({ receivedMs: 91_000, playedMs: 61_000, droppedMs: 30_000 });
    expect(run.of("overflow")).toMatchObject([{ utterance: 1 }]);
    expect(run.of("played")).toMatchObject([{ utterance: 1, heard_ms: 61_000, dropped_ms: 30_000, complete: true }]);
    expect(run.call.warnings).toEqual([{ warning: "stream_overflow" }]);
  });

  it("is told again and again as it empties, and when it is empty", async () => {
    const run = running();
    run.socket.says(audio(1, 3000, { last: true }));
    await run.pass(200);
    expect(run.of("credit").map(({ queued_ms: queued }) => queued)).toEqual([0, 3000, 2000, 1000, 0]);
    run.life.close();
    await run.over();
  });

  it("holds 500 utterances at most", async () => {
    const run = running();
    for (let utterance = 1; utterance <= 510; utterance++) run.socket.says(audio(utterance, 1));
    expect(run.call.feeds).toHaveLength(500);
    expect(run.of("warning").length).toBe(10);
    run.socket.says({ type: "stop" });
    await run.over();
    expect(run.of("played")).toHaveLength(500);
  });
});

describe("clears", () => {
  it("are told in their order, and those of nothing are bounded while they wait for that", async () => {
    const run = running();
    run.socket.says(audio(1, 1000, { last: true }));
    run.socket.says(audio(2, 100, { last: true }));
    run.socket.says({ type: "clear", utterance: 2 });
    for (let clear = 0; clear < 600; clear++) run.socket.says({ type: "clear", utterance: 77 });
    await run.pass(10);
    expect(run.of("cleared")).toEqual([]);
    expect(run.of("warning")).toHaveLength(20);
    await run.pass(60);
    expect(run.of("cleared")).toHaveLength(500);
    expect(run.of("cleared")[0]).toMatchObject({ utterances: [{ utterance: 2, heard_ms: 0 }] });
    run.life.close();
    await run.over();
  });
});

describe("files among what a bot says", () => {
  it("keep their place, also marks and ends behind them", async () => {
    const files = decoding();
    const run = running({ decode: files.decode });
    run.socket.says(audio(1, 100));
    run.socket.says(file(1));
    run.socket.says({ type: "mark", name: "behind the file" });
    run.socket.says(audio(2, 100, { last: true }));
    await run.pass(20);
    expect(run.of("mark")).toEqual([]);
    files.done(200);
    await run.pass(40);
    expect(run.told.filter(({ type }) => type === "mark" || type === "played").map(({ type, heard_ms: ms }) => [type, ms])).toEqual([
      ["mark", undefined], ["played", 300], ["played", 100],
    ]);
    run.life.close();
    await run.over();
  });

  it.each([["all", {}], ["it", { utterance: 1 }]])("are over when %s is cleared while they are decoded", async (_, which) => {
    const files = decoding();
    const run = running({ decode: files.decode });
    run.socket.says(file(1));
    run.socket.says({ type: "mark", name: "gone" });
    run.socket.says({ type: "clear", ...which });
    run.socket.says(audio(2, 40, { last: true }));
    await run.pass(10);
    expect(run.told.slice(2).filter(({ type }) => type !== "credit")).toMatchObject([
      { type: "played", utterance: 1, heard_ms: 0, complete: false },
      { type: "cleared", utterances: [{ utterance: 1, heard_ms: 0 }], marks: ["gone"] },
      { type: "played", utterance: 2, heard_ms: 40, complete: true },
    ]);
    expect(new Set(run.call.heard())).toEqual(new Set([2]));
    run.life.close();
    await run.over();
  });

  it("in the middle of one that is cleared are silent at once, with the marks behind them", async () => {
    const files = decoding();
    const run = running({ decode: files.decode });
    run.socket.says(audio(1, 1000));
    run.socket.says({ type: "mark", name: "in it" });
    run.socket.says(file(1));
    run.socket.says({ type: "mark", name: "behind the file" });
    await run.pass(5);
    run.socket.says({ type: "clear", utterance: 1 });
    run.socket.says({ type: "mark", name: "after it" });
    run.socket.says(audio(2, 40, { last: true }));
    await run.pass(10);
    expect(run.told.slice(2).filter(({ type }) => type !== "credit")).toMatchObject([
      { type: "played", utterance: 1, heard_ms: 100, complete: false },
      { type: "cleared", utterances: [{ utterance: 1, heard_ms: 100 }], marks: ["in it", "behind the file"] },
      { type: "mark", name: "after it" },
      { type: "played", utterance: 2, heard_ms: 40, complete: true },
    ]);
    expect(run.of("warning")).toEqual([]);
    run.life.close();
    await run.over();
  });

  it("of another utterance stay when one behind them is cleared", async () => {
    const files = decoding();
    const run = running({ decode: files.decode });
    run.socket.says(file(1, { last: true }));
    run.socket.says(audio(2, 100, { last: true }));
    run.socket.says({ type: "clear", utterance: 2 });
    files.done(60);
    await run.pass(10);
    expect(run.told.slice(2).filter(({ type }) => type !== "credit")).toMatchObject([
      { type: "played", utterance: 1, heard_ms: 60, complete: true },
      { type: "played", utterance: 2, heard_ms: 0 },
      { type: "cleared", utterances: [{ utterance: 2, heard_ms: 0 }] },
    ]);
    run.life.close();
    await run.over();
  });
});

describe("a stream whose socket is lost", () => {
  it("goes on being heard, and tells afterwards what happened, with the last five seconds of the call", async () => {
    const run = running();
    run.socket.says(audio(1, 300, { last: true }));
    run.socket.says({ type: "mark", name: "behind it" });
    await run.pass(5);
    run.socket.gone(1006);
    await run.pass(300);
    run.call.press("7");
    run.attach();
    expect(run.socket.texts).toMatchObject([
      { type: "start", resume: { token: "a token", resumed: true, replayed_ms: 5000, missed_ms: 1000 } },
      { type: "credit", free_ms: 60_000 },
      { type: "played", utterance: 1, heard_ms: 300 },
      { type: "mark", name: "behind it" },
      { type: "dtmf", digit: "7" },
    ]);
    expect(run.socket.audio).toHaveLength(250);
    expect(run.positions().slice(0, 6)).toEqual([0, 160, 320, 480, 640, 55 * 160]);
    run.life.close();
    expect((await run.over()).totals).toMatchObject({ sentMs: 100 + 5000, unsentMs: 1000 });
  });

  it("keeps the last 256 events, and says how many more there were", async () => {
    const run = running();
    run.socket.gone(1006);
    for (let key = 0; key < 300; key++) run.call.press(key < 44 ? "1" : "2");
    run.attach();
    expect(run.of("dtmf").map(({ digit }) => digit)).toEqual(Array.from({ length: 256 }, () => "2"));
    expect(run.of("warning")).toMatchObject([{ issues: [{ path: "", message: expect.stringMatching(/^44 messages/) }] }]);
    expect(run.told.findIndex(({ type }) => type === "warning")).toBeLessThan(run.told.findIndex(({ type }) => type === "dtmf"));
    expect(run.told.map(({ seq }) => seq)).toEqual(run.told.map((_, index) => index + 1));
    run.life.close();
    await run.over();
  });

  it("counts what a bot that does not read cannot be told, and says so once it reads", async () => {
    const run = running();
    run.socket.bufferedAmount = 2 << 20;
    for (let key = 0; key < 3; key++) run.call.press("1");
    run.socket.bufferedAmount = 0;
    run.call.press("2");
    expect(run.of("dtmf").map(({ digit }) => digit)).toEqual(["2"]);
    expect(run.of("warning")).toMatchObject([{ issues: [{ message: expect.stringMatching(/^3 messages/) }] }]);
    expect(run.told.map(({ seq }) => seq)).toEqual(run.told.map((_, index) => index + 1));
    run.life.close();
    await run.over();
  });

  it("keeps nothing of the call, when it is not asked to", async () => {
    const run = running({ keepMs: 0 });
    run.socket.gone(1006);
    await run.pass(100);
    run.attach();
    expect(run.socket.audio).toEqual([]);
    expect(run.of("start").at(-1)).toMatchObject({ resume: { replayed_ms: 0, missed_ms: 2000 } });
    run.life.close();
    await run.over();
  });
});

describe("a bot", () => {
  it("that pauses listening misses what is said meanwhile, and is told so by the positions", async () => {
    const run = running();
    await run.pass(2);
    run.socket.says({ type: "pause", what: "listening" });
    await run.pass(3);
    run.socket.says({ type: "resume", what: "listening" });
    await run.pass(1);
    expect(run.positions()).toEqual([0, 160, 800]);
    run.life.close();
    await run.over();
  });

  it("that stops hears nothing more, and its socket stays until it was heard", async () => {
    const run = running();
    run.socket.says(audio(1, 200, { last: true }));
    run.socket.says({ type: "stop" });
    run.socket.says(audio(2, 200, { last: true }));
    await run.clock.advance(0);
    await run.pass(5);
    expect([run.frames.length, run.socket.closed]).toEqual([0, undefined]);
    await run.over();
    expect(run.told.slice(-2)).toMatchObject([{ type: "played", utterance: 1, heard_ms: 200 }, { type: "stop", reason: "stopped" }]);
  });

  it("presses keys one message after the other", async () => {
    const run = running();
    run.socket.says({ type: "dtmf", digits: "12" });
    run.socket.says({ type: "dtmf", digits: "#" });
    await run.pass(1);
    expect(run.call.pressed).toEqual(["12", "#"]);
    run.life.close();
    await run.over();
  });

  it("of a dialect without ids gets its marks within what it says, between and behind", async () => {
    const run = running({ dialect: () => twilioDialect() });
    const media = (ms: number) => ({ event: "media", media: { payload: Buffer.from(g711.PCMU.encode(new Int16Array(ms * 8).fill(1000))).toString("base64") } });
    const mark = (name: string) => ({ event: "mark", mark: { name } });
    const marks = () => run.told.flatMap((message) => (message["event"] === "mark" ? [JSON.stringify(message["mark"])] : []));
    for (const message of [mark("at once"), media(100), mark("within"), media(100)]) run.socket.says(message);
    expect(marks()).toEqual(['{"name":"at once"}']);
    await run.pass(8);
    expect(marks()).toHaveLength(2);
    await run.pass(20);
    for (const message of [mark("between"), media(1000), mark("cleared")]) run.socket.says(message);
    await run.pass(3);
    run.socket.says({ event: "clear" });
    await run.pass(1);
    expect(marks().map((one) => jsonName(one))).toEqual(["at once", "within", "between", "cleared"]);
    expect(run.call.feeds.map(({ left }) => left / 8)).toEqual([200, 60]);
    run.life.close();
    await run.over();
  });
});

const jsonName = (text: string): string => {
  const { name }: { name: string } = JSON.parse(text);
  return name;
};
