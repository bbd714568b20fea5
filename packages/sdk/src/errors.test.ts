import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as sdk from "./index.ts";
import { PiopiyError, PiopiyValidationError, RestClient, type Fetch, type Logger } from "./index.ts";

beforeAll(() => void vi.stubEnv("PIOPIY_BASE_URL", ""));
afterAll(() => void vi.unstubAllEnvs());

const token = "0a9b-secret-token";
const personal = `no such app 1234567 with ${token}; tried +91 94000 00001, (415) 555-0100 and sip:alice@example.com`;

async function failure(status: number, body: unknown, headers: Record<string, string> = {}, logger?: Logger): Promise<unknown> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const fetch: Fetch = async () => new Response(text, { status, headers });
  const client = new RestClient(1234567, token, { fetch, maxRetries: 0, logger });
  return client.voice.call(919400000001, 918000000000, 14155550100).catch((error: unknown) => error);
}

describe("what a reply becomes", () => {
  const cases: readonly (readonly [string, number, unknown, string, string, number])[] = [
    ["401", 401, { code: 401 }, "PiopiyAuthenticationError", "authentication", 401],
    ["403", 403, "", "PiopiyAuthenticationError", "authentication", 403],
    ["420 in the body of 401", 401, { code: 420, cmi_code: 420 }, "PiopiyAuthenticationError", "authentication", 401],
    ["420 in the body of 200", 200, { cmi_code: 420 }, "PiopiyAuthenticationError", "authentication", 420],
    ["401 in cmi_code beside a code of 200", 200, { code: 200, cmi_code: 401 }, "PiopiyAuthenticationError", "authentication", 401],
    ["404", 404, { code: 404 }, "PiopiyNotFoundError", "not_found", 404],
    ["404 as text in the body of 200", 200, { code: "cmi-404" }, "PiopiyNotFoundError", "not_found", 404],
    ["422", 422, { code: 422 }, "PiopiyValidationError", "validation", 422],
    ["400", 400, "bad", "PiopiyValidationError", "validation", 400],
    ["502 in the body of 200", 200, { code: 502 }, "PiopiyValidationError", "validation", 502],
    ["429", 429, "", "PiopiyRateLimitError", "rate_limit", 429],
    ["500", 500, "<html>", "PiopiyServerError", "server", 500],
    ["502 of a gateway", 502, "<html>", "PiopiyServerError", "server", 502],
    ["503", 503, "", "PiopiyServerError", "server", 503],
    ["418", 418, "", "PiopiyApiError", "api", 418],
    ["307", 307, "", "PiopiyApiError", "api", 307],
    ["a code nobody can read", 200, { code: { odd: true } }, "PiopiyApiError", "api", 0],
  ];

  it.each(cases)("%s", async (_, httpStatus, body, name, code, status) => {
    const error = await failure(httpStatus, body, { "x-request-id": "req-9" });
    expect(error).toBeInstanceOf(Reflect.get(sdk, name));
    expect(error).toBeInstanceOf(PiopiyError);
    expect(error).toMatchObject({ name, code, status, requestId: "req-9", body });
    expect(error).toHaveProperty("message", expect.stringMatching(/\.$/));
  });

  it("names the field that the server refused, with all issues", async () => {
    const errors = [{ path: "/pcmo/0/action", message: "must be one of play, speak" }, { path: "/to", message: "is missing" }, "odd"];
    const error = await failure(422, { code: 422, message: "invalid", errors });
    expect(error).toMatchObject({ field: "pcmo.0.action", issues: errors.slice(0, 2) });
  });

  it.each([200, 401, 404, 422, 429, 500, 418])("keeps credentials and numbers out of the message of %s", async (status) => {
    const error = await failure(status, { code: status === 200 ? 404 : status, message: personal });
    const { message } = error instanceof Error ? error : new Error("none");
    expect(message).toContain("The server says: no such app [redacted] with [redacted]; tried [redacted], [redacted] and [redacted]");
  });
});

describe("personal data", () => {
  it("is not shown by a client", () => {
    expect(inspect(new RestClient(1234567, token), { depth: 9, showHidden: true })).not.toMatch(/secret-token|1234567/);
    expect(JSON.stringify(new RestClient(1234567, token))).not.toMatch(/secret-token|1234567/);
  });

  it("is not logged", async () => {
    const lines: unknown[] = [];
    const write = (...line: unknown[]) => void lines.push(line);
    await failure(500, { message: personal }, {}, { debug: write, warn: write });
    expect(lines).toEqual([["piopiy: request failed", { path: "/v2/ind_pcmo_make_call", attempt: 1, elapsedMs: expect.any(Number), status: 500, code: "server" }]]);
  });

  it("does not depend on the logger", async () => {
    const write = () => {
      throw new Error("disk full");
    };
    expect(await failure(200, { request_id: "r1", code: 200 }, {}, { debug: write, warn: write })).toMatchObject({ request_id: "r1" });
  });
});

describe("a client that cannot be", () => {
  const cases: readonly (readonly [string, readonly unknown[], string, RegExp])[] = [
    ["a token alone", ["token"], "token", /v3.*not available.*two arguments|two arguments.*v3.*not available/],
    ["a token in an object", [{ token: "token" }], "token", /v3/],
    ["an empty token", [1234567, ""], "token", /text/],
    ["an app id of letters", ["abc", token], "appid", /digits/],
    ["options that are none", [1234567, token, 5], "options", /object/],
    ["an unknown option", [1234567, token, { timeout: 5 }], "options.timeout", /timeoutMs/],
    ["a base address that is none", [1234567, token, { baseUrl: "localhost:3000" }], "options.baseUrl", /http/],
    ["a base address with a password", [1234567, token, { baseUrl: "http://a:b@c.example" }], "options.baseUrl", /without user/],
    ["a timeout of 0", [1234567, token, { timeoutMs: 0 }], "options.timeoutMs", /milliseconds/],
    ["a deadline that no timer can hold", [1234567, token, { deadlineMs: 2 ** 31 }], "options.deadlineMs", /milliseconds/],
    ["half a retry", [1234567, token, { maxRetries: 0.5 }], "options.maxRetries", /whole/],
    ["an unknown region", [1234567, token, { region: "eu" }], "options.region", /global/],
    ["a header with a line break", [1234567, token, { headers: { "x-a": "b\r\nx-c: d" } }], "options.headers", /header/],
  ];

  it.each(cases)("%s", (_, args, field, message) => {
    let error: unknown;
    try {
      Reflect.construct(RestClient, args);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(PiopiyValidationError);
    expect(error).toMatchObject({ field, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain(token);
  });
});
