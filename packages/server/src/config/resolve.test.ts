import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configJsonSchema, resolveConfig, settings } from "./index.ts";

const resolve = (file: unknown, env = {}, flags = {}) => resolveConfig(JSON.stringify(file), env, flags, 4);

const defaults = {
  http: { host: "127.0.0.1", port: 8080 },
  sip: { host: "127.0.0.1", udp: 5060, tcp: 5060 },
  media: { host: "127.0.0.1", ports: [20_000, 29_999], folder: ".piopiy/media", workers: 3 },
  webhooks: { retry_after: [300, 600, 900], timeout: 10, per_host: 8 },
  speech: { provider: "flite" },
  retention: { events: 30, timelines: 30, calls: 400 },
  drain: 20,
  data: ".piopiy",
  apps: [],
  numbers: [],
  trunks: [],
  phones: [],
};

describe("the configuration", () => {
  it("is complete without a file", () => {
    expect(resolveConfig(undefined, {}, {}, 4)).toEqual({ ok: true, value: defaults, warnings: [] });
    expect(resolveConfig(undefined, {}, {}, 1)).toMatchObject({ value: { media: { workers: 1 } } });
  });

  it("is what the file says", () => {
    const file = {
      $schema: "./schema.json",
      http: { host: "0.0.0.0", port: 0, tls: { cert: "c.pem", key: "k.pem" }, rate: { app: 50 }, body_kb: 64, proxies: ["10.0.0.1"] },
      sip: { host: "::", udp: "5070", tcp: false },
      media: { host: "192.0.2.1", ports: ["30000", 30_001], folder: "audio", workers: 2 },
      speech: { provider: "openai", base_url: "http://127.0.0.1:9000/v1", api_key: "k", model: "m", voice: "nova" },
      webhooks: { retry_after: [60, "120"], timeout: 3, per_host: 2 },
      limits: { country: "+91", destinations: ["1415", 44], deny: ["91900"], hosts: ["sip.example.com", "198.51.100.0/24"], call_minutes: 90, day_minutes: "600" },
      urls: { allow: ["10.0.0.0/8", "media.internal"] },
      retention: { events: "7", undelivered: 90, timelines: 8, calls: 366, recordings: 30, recordings_gb: 500, free_gb: "20" },
      drain: "45",
      data: "var",
      apps: [
        {
          appid: 7, secret: "s", answer_url: "https://e.com/a", cdr_url: "https://e.com/c", event_url: "https://e.com/e",
          webhook_secrets: ["a secret of webhooks", "the one before it"], limits: { cps: 5, concurrent: 20, queue: 3, trunk_legs: 4, destinations: ["*"], deny: [1900], call_minutes: 5, day_minutes: 50 },
        },
        { appid: "b", secret: "t", fallback_url: "https://e.com/f", fallback_pcmo: [{ action: "hangup" }] },
      ],
      numbers: [
        { number: "+91 8000 000 000", app: 7, pcmo: [{ action: "speak", text: "Hello" }] },
        { number: 1000, app: "b", answer_url: "https://e.com/x" },
        { number: 1001, app: 7 },
      ],
      trunks: [
        { name: "carrier", host: "sip.example.com" },
        { name: "other", host: "192.0.2.9", port: 5080, transport: "tcp", username: "u", password: "p", register: true, allow: ["192.0.2.0/24", "::1"], limits: { cps: 10 } },
      ],
      phones: [{ username: "alice", password: "p", number: "2001" }, { username: "bob", password: "p" }],
    };
    expect(resolve(file)).toEqual({
      ok: true,
      warnings: [],
      value: {
        http: {
          host: "0.0.0.0", port: 0, tls: { cert: "c.pem", key: "k.pem" }, rate: { app: 50, address: 1000, bad_credentials: 30 }, body_kb: 64,
          proxies: ["10.0.0.1"],
        },
        sip: { host: "::", udp: 5070, tcp: false },
        media: { host: "192.0.2.1", ports: [30_000, 30_001], folder: "audio", workers: 2 },
        webhooks: { retry_after: [60, 120], timeout: 3, per_host: 2 },
        speech: file.speech,
        limits: { ...file.limits, country: "91", destinations: ["1415", "44"], day_minutes: 600, refer: false },
        urls: file.urls,
        retention: { events: 7, undelivered: 90, timelines: 8, calls: 366, recordings: 30, recordings_gb: 500, free_gb: 20 },
        drain: 45,
        data: "var",
        apps: [{ ...file.apps[0], appid: "7", limits: { ...file.apps[0]!.limits, deny: ["1900"] } }, file.apps[1]],
        numbers: [
          { number: "918000000000", app: "7", pcmo: [{ action: "speak", text: "Hello" }] },
          { number: "1000", app: "b", answer_url: "https://e.com/x", fallback_url: "https://e.com/f", fallback_pcmo: [{ action: "hangup" }] },
          { number: "1001", app: "7", answer_url: "https://e.com/a" },
        ],
        trunks: [{ ...file.trunks[0], transport: "udp", register: false, allow: [] }, { ...file.trunks[1], limits: { cps: 10, queue: 100 } }],
        phones: file.phones,
      },
    });
  });

  it("gives a number without an app to the only one, or leaves it to the development app", () => {
    const numbers = [{ number: 100, pcmo: [{ action: "hangup" }] }];
    const flow = { number: "100", pcmo: [{ action: "hangup" }] };
    expect(resolve({ numbers })).toMatchObject({ ok: true, value: { numbers: [flow] } });
    expect(resolve({ numbers, apps: [{ appid: 1, secret: "s" }] })).toMatchObject({ value: { numbers: [{ ...flow, app: "1" }] } });
  });
});

describe("numbers over trunks", () => {
  const trunk = (host: string, more = {}) => ({ trunks: [{ name: "carrier", host, ...more }] });
  const none = /no number may be called/;
  const every = /every number may be called/;
  const rows: readonly [string, object, RegExp | undefined][] = [
    ["a carrier, and nobody said which", trunk("sip.example.com"), none],
    ["a carrier by its address", trunk("198.51.100.1"), none],
    ["a private address", trunk("10.0.0.5"), every],
    ["a private address that is no phone system of ours", trunk("fd00::5", { local: false }), none],
    ["this machine", trunk("127.0.0.1"), undefined],
    ["a phone system of ours", trunk("sip.example.com", { local: true }), undefined],
    ["with a country", { ...trunk("sip.example.com"), limits: { country: "91" } }, undefined],
    ["with destinations", { ...trunk("sip.example.com"), limits: { destinations: ["91"] } }, undefined],
    ["with destinations of an app", { ...trunk("sip.example.com"), apps: [{ appid: 1, secret: "s", limits: { destinations: ["91"] } }] }, undefined],
  ];
  it.each(rows)("%s: is warned of if nobody told which may be called", (_, file, expected) => {
    const resolved = resolve(file);
    if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
    expect(resolved.warnings.map(({ path }) => path)).toEqual(expected ? ["/trunks/0"] : []);
    if (expected) expect(resolved.warnings[0]!.message).toMatch(expected);
  });

  it.each([
    [{ country: "IN" }, "/limits/country"], [{ country: "0" }, "/limits/country"], [{ destinations: ["x"] }, "/limits/destinations/0"], [{ destinations: "91" }, "/limits/destinations"],
    [{ deny: ["*"] }, "/limits/deny/0"], [{ hosts: ["*"] }, "/limits/hosts/0"], [{ day_minutes: 0 }, "/limits/day_minutes"], [{ minutes: 1 }, "/limits/minutes"],
  ])("%j is wrong at %s", (limits, path) => {
    expect(resolve({ limits })).toMatchObject({ ok: false, issues: [{ path }] });
  });
});

describe("the environment and the flags", () => {
  it("lie over the file, the flags on top", () => {
    const file = { http: { host: "192.0.2.1", port: 1 }, data: "file" };
    const env = { PIOPIY_HTTP_PORT: "2", PIOPIY_SIP_UDP: "0", PIOPIY_SIP_TCP: "off", PIOPIY_MEDIA_PORTS: "30000-30010", PIOPIY_DATA: "" };
    expect(resolve(file, env, { httpPort: "3", data: "flag", verbose: true })).toMatchObject({
      ok: true,
      warnings: [],
      value: {
        http: { host: "192.0.2.1", port: 3 },
        sip: { udp: 0, tcp: false },
        media: { ports: [30_000, 30_010], folder: "flag/media" },
        data: "flag",
      },
    });
  });

  it("exist for every scalar setting", () => {
    expect(settings.map(({ env, flag, option }) => [env, flag, option])).toContainEqual(["PIOPIY_MEDIA_FOLDER", "--media-folder", "mediaFolder"]);
    for (const { path, env } of settings) {
      const result = resolve({}, { [env]: "\u0000" });
      expect(env === "PIOPIY_DATA" || env === "PIOPIY_MEDIA_FOLDER" || !result.ok, path.join("/")).toBe(true);
    }
  });

  it("are named in an issue", () => {
    expect(resolve({}, { PIOPIY_HTTP_PORT: "99999", PIOPIY_MEDIA_PORTS: "20000-x" }, { sipUdp: "x" })).toEqual({
      ok: false,
      issues: [
        { path: "/http/port", message: "must be a whole number from 0 to 65535, as a number or digits; got 99999 (from PIOPIY_HTTP_PORT)" },
        { path: "/sip/udp", message: 'must be a port from 0 (any free one) to 65535, or false for off; got "x" (from --sip-udp)' },
        { path: "/media/ports/1", message: 'must be a whole number from 0 to 65535, as a number or digits; got "x" (from PIOPIY_MEDIA_PORTS)' },
      ],
    });
  });

  it("do not hide a section of the wrong type", () => {
    expect(resolve({ http: 8080 }, { PIOPIY_HTTP_PORT: "1" })).toMatchObject({ ok: false, issues: [{ path: "/http", message: "must be an object; got a number" }] });
  });

  it("warn of variables that are not known", () => {
    const env = { PIOPIY_HTP_PORT: "1", PIOPIY_ZEBRA: "1", PIOPIY_CONFIG: "x", PIOPIY_BASE_URL: "y", PATH: "z" };
    expect(resolve({}, env)).toMatchObject({
      warnings: [
        { path: "", message: "the environment variable PIOPIY_HTP_PORT is not known and is ignored; did you mean PIOPIY_HTTP_PORT?" },
        { path: "", message: "the environment variable PIOPIY_ZEBRA is not known and is ignored" },
      ],
    });
  });
});

const app = { appid: 1, secret: "s" };
const flow = { pcmo: [{ action: "hangup" }] };
const phone = { username: "alice", password: "p" };
const trunk = { name: "t", host: "h" };
const cidr = "must be an address or a block of addresses such as 10.0.0.0/8 or 2001:db8::/32";

describe("a mistake in the file", () => {
  it.each([
    [{ htpp: {} }, "/htpp", 'is not known here; did you mean "http"?'],
    [{ http: { hots: "x" } }, "/http/hots", 'is not known here; did you mean "host"?'],
    [{ http: { host: "a b" } }, "/http/host", "must be a host name or an IP address; got text"],
    [{ http: { port: 65_536 } }, "/http/port", "must be a whole number from 0 to 65535, as a number or digits; got 65536"],
    [{ sip: { udp: 70_000 } }, "/sip/udp", "must be a port from 0 (any free one) to 65535, or false for off; got 70000"],
    [{ sip: { udp: "70000" } }, "/sip/udp", "must be a port from 0 (any free one) to 65535, or false for off; got 70000"],
    [{ sip: { tcp: true } }, "/sip/tcp", "must be a port from 0 (any free one) to 65535, or false for off; got true"],
    [{ speech: { provider: "openai" } }, "/speech/base_url", "is missing; the provider openai needs the address of a service"],
    [{ sip: { udp: false, tcp: "off" } }, "/sip", "must have udp or tcp; both are off, and no call could be made"],
    [{ media: { ports: [30_000, 20_000] } }, "/media/ports", "must be [from, to]: two ports from 1024 to 65535, the lower one first, or [0, 0] for any free ones; got 30000, 20000"],
    [{ media: { ports: [30_000] } }, "/media/ports", "must be [from, to]: two ports from 1024 to 65535, the lower one first, or [0, 0] for any free ones; got a list"],
    [{ media: { ports: [1, 2000] } }, "/media/ports", "must be [from, to]: two ports from 1024 to 65535, the lower one first, or [0, 0] for any free ones; got 1, 2000"],
    [{ media: { workers: 0 } }, "/media/workers", "must be a whole number from 1 to 256, as a number or digits; got 0"],
    [{ sip: { digest: [] } }, "/sip/digest", "must be a list of MD5 and SHA-256, each once; got an empty list"],
    [{ sip: { digest: ["MD5", "SHA-1"] } }, "/sip/digest/1", 'must be "MD5" or "SHA-256"; got "SHA-1"'],
    [{ media: { codecs: [] } }, "/media/codecs", "must be a list of codecs, each once; got an empty list"],
    [{ media: { codecs: ["PCMU", "PCMU"] } }, "/media/codecs", "must be a list of codecs, each once; got a list"],
    [{ media: { codecs: ["PCMU", "G729"] } }, "/media/codecs/1", 'must be "PCMU", "PCMA", "G722" or "opus"; got "G729"'],
    [{ data: "" }, "/data", "must be text of 1 to 1024 characters; got empty text"],
    [{ apps: {} }, "/apps", "must be a list of apps; got an object"],
    [{ apps: [{ appid: 1 }] }, "/apps/0/secret", "is missing; must be text of 1 to 256 characters"],
    [{ apps: [{ ...app, cdr_url: "e.com" }] }, "/apps/0/cdr_url", "must be an http:// or https:// address; got text"],
    [{ apps: [app, { appid: "1", secret: "t" }] }, "/apps/1/appid", "must be another than /apps/0/appid: every appid stands once"],
    [{ numbers: [{ number: "12", ...flow }] }, "/numbers/0/number", "must be a phone number of 3 to 15 digits; got text"],
    [{ numbers: [{ number: 100, pcmo: [{ action: "hangup" }, { action: "speak" }] }] }, "/numbers/0/pcmo/1/text", "is missing; must be text of at most 10000 characters"],
    [{ numbers: [{ number: 100, pcmo: [] }] }, "/numbers/0/pcmo", "must have at least one action; got an empty list"],
    [{ numbers: [{ number: 100, app: 2, ...flow }], apps: [app] }, "/numbers/0/app", "must be the appid of one of the apps; there is none with this one"],
    [{ numbers: [{ number: 100, ...flow }], apps: [app, { appid: 2, secret: "t" }] }, "/numbers/0/app", "is missing; must be the appid of one of the apps, as there are several"],
    [{ numbers: [{ number: 100 }] }, "/numbers/0", "must have either answer_url or pcmo (or an app with an answer_url); got neither"],
    [{ numbers: [{ number: 100, ...flow, answer_url: "https://e.com" }] }, "/numbers/0", "must have either answer_url or pcmo; got both"],
    [{ numbers: [{ number: 100, ...flow }, { number: "1-00", ...flow }] }, "/numbers/1/number", "must be another than /numbers/0/number: every number stands once"],
    [{ numbers: [{ number: 100, ...flow }], phones: [{ ...phone, number: 100 }] }, "/phones/0/number", "must be another than /numbers/0/number: every number stands once"],
    [{ trunks: [trunk, { ...trunk, host: "g" }] }, "/trunks/1/name", "must be another than /trunks/0/name: every name stands once"],
    [{ trunks: [{ ...trunk, transport: "ws" }] }, "/trunks/0/transport", 'must be "udp", "tcp" or "tls"; got "ws"'],
    [{ trunks: [{ ...trunk, tls: { verify: false } }] }, "/trunks/0/tls", "is only for the transport tls"],
    [{ trunks: [{ ...trunk, transport: "tls", tls: { verify: true } }] }, "/trunks/0/tls/verify", "must be false, or a file with the authority of its certificate as PEM; got true"],
    [{ sip: { tls: { key: "k.pem" } } }, "/sip/tls/cert", "is missing; must be text of 1 to 1024 characters"],
    [{ sip: { ws: { port: 8089, secure: true } } }, "/sip/tls", "is missing; ws with secure needs its certificate"],
    [{ sip: { ws: { port: 8088, origins: ["example.com"] } } }, "/sip/ws/origins/0", 'must be the origin of a web page such as https://phone.example.com; got "example.com"'],
    [{ trunks: [{ ...trunk, allow: ["10.0.0.0/33"] }] }, "/trunks/0/allow/0", `${cidr}; got text`],
    [{ trunks: [{ ...trunk, allow: "::1" }] }, "/trunks/0/allow", 'must be a list of addresses or blocks of addresses; got "::1"'],
    [{ trunks: [{ ...trunk, username: "u" }] }, "/trunks/0/password", "is missing; a username needs one"],
    [{ trunks: [{ ...trunk, password: "p" }] }, "/trunks/0/username", "is missing; a password needs one"],
    [{ trunks: [{ ...trunk, register: true }] }, "/trunks/0/username", "is missing; a trunk with register needs one"],
    [{ phones: [phone, phone] }, "/phones/1/username", "must be another than /phones/0/username: every username stands once"],
    [{ phones: [{ ...phone, username: "a b" }] }, "/phones/0/username", "must be 1 to 64 letters, digits or -_.!~*'()+; got text"],
    [{ phones: [{ username: "alice" }] }, "/phones/0/password", "is missing; must be text of 1 to 256 characters"],
  ])("%j", (file, path, message) => expect(resolve(file)).toEqual({ ok: false, issues: [{ path, message }] }));

  it.each([
    ["[]", "must be a JSON object such as {}"],
    ['{"a":', "must be JSON; it is malformed or ends too early"],
  ])("%s", (text, message) => expect(resolveConfig(text, {}, {})).toEqual({ ok: false, issues: [{ path: "", message }] }));

  it("does not show a password", () => {
    const texts = ['{"phones":[{"password":"hunter22" x', '{"apps":[{"secret":hunter22}]}', '{"apps":[{"appid":"hunter22 x","secret":["hunter22"]}]}'];
    for (const text of texts) {
      const result = resolveConfig(text, {}, {});
      expect(result.ok).toBe(false);
      expect(JSON.stringify(result)).not.toContain("hunter22");
    }
  });
});

it("warns of what a flow's actions do not know", () => {
  expect(resolve({ numbers: [{ number: 100, pcmo: [{ action: "hangup", x: 1 }] }] })).toMatchObject({
    ok: true,
    warnings: [{ path: "/numbers/0/pcmo/0/x", message: "is not a field here and is ignored" }],
  });
});

it("never throws, whatever the file holds", () => {
  const section = fc.constantFrom("http", "sip", "media", "data", "apps", "numbers", "trunks", "phones", "__proto__", "x");
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), fc.dictionary(section, fc.jsonValue()).map((value) => JSON.stringify(value))), (text) => {
      expect(typeof resolveConfig(text, { PIOPIY_HTTP_PORT: text }, { mediaPorts: text }, 2).ok).toBe("boolean");
    }),
    { seed: 20_264, numRuns: 500 },
  );
});

it("has a JSON Schema for editors", () => {
  const schema = configJsonSchema();
  expect(schema).toMatchObject({
    type: "object",
    additionalProperties: false,
    properties: { http: { properties: { port: { default: 8080 } } }, numbers: { type: "array", items: { required: ["number"] } } },
  });
  expect(JSON.stringify(schema)).not.toContain('"expects"');
});
