import { describe, expect, it } from "vitest";
import { Action, PiopiyValidationError, StreamAction } from "./index.ts";

const bridge = { action: "bridge", from: 918000000000, connect: [{ type: "pstn", number: 14155550100 }], duration: 5400, timeout: 40, loop: 1 };

describe("Action", () => {
  it("collects actions in order, and every method can be chained", () => {
    const action = new Action()
      .playMusic("welcome.wav")
      .playGetInput("https://example.com/dtmf", "menu.wav")
      .speak("Hello", { language: "en-GB" })
      .setValue("order 7")
      .input("https://example.com/dtmf", { finish_on_key: "#", on_no_input: "post" })
      .record({ channels: "stereo" })
      .stream("wss://example.com/audio", { voice_quality: 12000 })
      .call(918000000000, 14155550100)
      .bridge({ from: "918000000000", to: "14155550100" })
      .forward("alice", 918000000000)
      .hangup({ cause: "busy" });
    expect(action.PCMO()).toEqual([
      { action: "play", file_name: "welcome.wav" },
      { action: "play_get_input", action_url: "https://example.com/dtmf", file_name: "menu.wav" },
      { action: "speak", text: "Hello", language: "en-GB" },
      { action: "param", text: "order 7" },
      { action: "input", action_url: "https://example.com/dtmf", max_digit: 1, timeout: 5, finish_on_key: "#", on_no_input: "post" },
      { action: "record", channels: "stereo" },
      { action: "stream", ws_url: "wss://example.com/audio", listen_mode: "caller", voice_quality: 12000, stream_on_answer: false },
      bridge,
      bridge,
      { action: "connect", from: 918000000000, connect: [{ type: "sip", user: "alice" }] },
      { action: "hangup", cause: "busy" },
    ]);
    expect(action.clear()).toBe(action);
    expect(action.PCMO()).toEqual([]);
  });

  it("returns copies that later actions do not change", () => {
    const action = new Action().call(918000000000, [14155550100]);
    const first = action.PCMO();
    action.hangup();
    expect(first).toEqual([bridge]);
    first.length = 0;
    expect(action.PCMO()).toHaveLength(2);
  });

  it.each([
    ["the seed's", new Action().call(918000000000, [14155550100])],
    ["a list in the other place", new Action().call([14155550100], 918000000000)],
    ["named", new Action().bridge({ to: [14155550100], from: 918000000000 })],
  ])("knows the caller id in %s order", (_, action) => expect(action.PCMO()).toEqual([bridge]));

  it("never takes a SIP address for a caller id", () => {
    const connect = [{ type: "sip", uri: "sip:a@example.com" }];
    expect(new Action().call("sip:a@example.com", 918000000000).PCMO()).toEqual([{ ...bridge, connect }]);
    expect(new Action().call(918000000000, "sip:a@example.com").PCMO()).toEqual([{ ...bridge, connect }]);
  });

  it.each([
    ["max_digit wins", { max_digit: 2, max_digits: 9 }, { max_digit: 2 }],
    ["max_digits alone", { max_digits: 3 }, { max_digit: 3 }],
    ["min_digits", { max_digit: 4, min_digits: 2 }, { max_digit: 4, min_digit: 2 }],
  ])("understands both spellings: %s", (_, options, expected) => {
    const [action] = new Action().input("https://example.com/dtmf", options).PCMO();
    expect(action).toEqual({ action: "input", action_url: "https://example.com/dtmf", timeout: 5, ...expected });
  });

  it("writes what it was asked of a stream, and nothing else", () => {
    const parameters = { tenant: "42" };
    const onFail = new Action().speak("Sorry");
    const url = "wss://example.com/bot";
    const compatible = { action: "stream", ws_url: url, listen_mode: "caller", voice_quality: "8000", stream_on_answer: false };
    const further = {
      protocol: "auto", headers: { Authorization: "Bearer x" }, sign_url: true, standby_url: "ws://example.com/2", reconnect: 0, hold_sound: false,
    } as const;
    const action = new Action()
      .stream(url)
      .stream(url, {})
      .stream(url, { ...further, parameters, on_stream_fail: onFail })
      .stream(url, { dialect: "twilio", on_stream_fail: onFail.PCMO() });
    parameters.tenant = "43";
    onFail.hangup();
    const failing = [{ action: "speak", text: "Sorry" }];
    expect(action.PCMO()).toEqual([
      { action: "stream", ws_url: url },
      compatible,
      { ...compatible, ...further, parameters: { tenant: "42" }, on_stream_fail: failing },
      { ...compatible, dialect: "twilio", on_stream_fail: failing },
    ]);
    expect(new StreamAction().stream(url, { protocol: "v1" }).PCMO()).toBe(JSON.stringify([{ ...compatible, protocol: "v1" }]));
  });

  const wrong: readonly (readonly [string, string, string, readonly unknown[]])[] = [
    ["a file that is none", "playMusic", "file_name", [5]],
    ["a path", "playMusic", "file_name", ["../secret.wav"]],
    ["a file nobody can fetch", "playMusic", "file_url", ["ftp://example.com/a.wav"]],
    ["a webhook that is none", "playGetInput", "action_url", ["dtmf", "menu.wav"]],
    ["an unknown option", "playGetInput", "options.max_dgit", ["https://example.com/dtmf", "menu.wav", { max_dgit: 1 }]],
    ["too many digits", "input", "max_digit", ["https://example.com/dtmf", { max_digit: 1000 }]],
    ["more digits at least than at most", "input", "min_digit", ["https://example.com/dtmf", { max_digit: 1, min_digit: 2 }]],
    ["a text that is none", "speak", "text", [undefined]],
    ["a value that is none", "setValue", "text", [{ a: 1 }]],
    ["a message without end", "record", "max_length", [{ max_length: 86_401 }]],
    ["a key that is none", "record", "finish_on_key", [{ finish_on_key: "x" }]],
    ["a channel layout that is none", "record", "channels", [{ channels: "quad" }]],
    ["two lists", "call", "from", [[918000000000], [14155550100]]],
    ["no destination", "call", "connect", [918000000000, []]],
    ["a destination that is none", "bridge", "to.0", [{ from: 918000000000, to: ["x"] }]],
    ["a bridge without a caller id", "bridge", "from", [{ to: 14155550100 }]],
    ["an unknown way to ring", "call", "ring_type", [918000000000, 14155550100, { ring_type: "all" }]],
    ["an unknown dial option", "call", "options.retries", [918000000000, 14155550100, { retries: 2 }]],
    ["a phone that is none", "forward", "to", [[true], 918000000000]],
    ["an address that is no WebSocket", "stream", "ws_url", ["https://example.com"]],
    ["an unknown quality", "stream", "voice_quality", ["wss://example.com", { voice_quality: 44100 }]],
    ["an unknown listener", "stream", "listen_mode", ["wss://example.com", { listen_mode: "calle" }]],
    ["an unknown protocol", "stream", "protocol", ["wss://example.com", { protocol: "v2" }]],
    ["two protocols", "stream", "dialect", ["wss://example.com", { protocol: "v1", dialect: "twilio" }]],
    ["a parameter that is no text", "stream", "parameters.to", ["wss://example.com", { parameters: { to: 918000000000 } }]],
    ["a parameter that is no data", "stream", "parameters", ["wss://example.com", { parameters: { to: () => 1 } }]],
    ["a header of the connection", "stream", "headers.Host", ["wss://example.com", { headers: { Host: "a" } }]],
    ["a standby that is no WebSocket", "stream", "standby_url", ["wss://example.com", { standby_url: "https://example.com" }]],
    ["an endless reconnection", "stream", "reconnect", ["wss://example.com", { reconnect: 301 }]],
    ["a failure flow that is none", "stream", "on_stream_fail", ["wss://example.com", { on_stream_fail: "hangup" }]],
    ["a failure flow with a mistake", "stream", "on_stream_fail.1.text", ["wss://example.com", { on_stream_fail: [{ action: "hangup" }, { action: "speak" }] }]],
  ];

  it.each(wrong)("refuses %s and stays as it was", (_, method, field, args) => {
    const action = new Action().record();
    let error: unknown;
    try {
      Reflect.apply(Reflect.get(action, method), action, args);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PiopiyValidationError);
    expect(error).toMatchObject({ field });
    expect(String(error)).not.toMatch(/\d{9}/);
    expect(action.PCMO()).toEqual([{ action: "record" }]);
  });
});

describe("StreamAction", () => {
  it("returns control messages and leaves the flow alone", () => {
    const stream = new StreamAction().speak("Hello");
    expect([stream.pause(), stream.resume(), stream.stop(), stream.interrupt()]).toEqual([
      '{"action":"pause"}', '{"action":"resume"}', '{"action":"stop"}', '{"action":"break"}',
    ]);
    expect(stream.PCMO()).toBe('[{"action":"speak","text":"Hello"}]');
    expect(stream.PCMO()).toBe("[]");
  });

  it("takes audio by position or by name", () => {
    const message = '{"type":"streamAudio","data":{"audioDataType":"raw","sampleRate":8000,"audioData":"AAEC"}}';
    expect(new StreamAction().playStream("AAEC", "raw", 8000)).toBe(message);
    expect(new StreamAction().playStream({ audio_base64: "AAEC", audio_type: "raw", sample_rate: 8000 })).toBe(message);
  });

  it.each([
    ["padding missing", "AAE", false], ["one byte", "AA==", true], ["two bytes", "AAE=", true], ["bits left over", "AB==", false],
    ["bits left over of two", "AAF=", false], ["the URL alphabet", "A-_C", false], ["a line break", "AAEC\n", false], ["nothing", "", false],
    ["ten megabytes", "A".repeat(10_000_000), true],
  ])("base64: %s", (_, audio, accepted) => {
    const play = () => new StreamAction().playStream(audio, "raw", 8000);
    if (accepted) expect(play()).toContain(audio);
    else expect(play).toThrow(PiopiyValidationError);
  });

  it("has neither input nor playGetInput", () => {
    expect(new StreamAction()).not.toHaveProperty("input");
    expect(new StreamAction()).not.toHaveProperty("playGetInput");
  });
});
