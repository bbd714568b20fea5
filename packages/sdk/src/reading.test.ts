import { afterEach, describe, expect, it, vi } from "vitest";
import { RestClient, type Fetch } from "./index.ts";

interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

function client(replies: readonly unknown[], baseUrl: string | undefined = "http://127.0.0.1:3000") {
  const asked: Asked[] = [];
  const fetch: Fetch = async (url, { method, headers, body }) => {
    const [status, reply] = [200, replies[asked.length]];
    asked.push({ url, method, headers, body });
    return { status: reply === undefined ? 404 : status, headers: { get: () => null }, text: async () => JSON.stringify(reply ?? { code: 404, message: "no such call" }) };
  };
  return { asked, client: new RestClient(1234567, "sécret", { fetch, maxRetries: 0, ...(baseUrl && { baseUrl }) }) };
}

afterEach(() => vi.unstubAllEnvs());

const all = async <T>(list: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
};

describe("client.calls.list", () => {
  it("goes through the pages, as the app, with what is asked for", async () => {
    const { client: one, asked } = client([{ calls: [{ call_id: "3" }, { call_id: "2" }], next: "2" }, { calls: [{ call_id: "1" }] }]);
    const found = await all(one.calls.list({ status: "ended", from: "+91 80", since_ms: 5 }));
    expect(found.map((call) => call.call_id)).toEqual(["3", "2", "1"]);
    const query = "status=ended&from=%2B91%2080&since_ms=5&limit=100";
    expect(asked.map(({ url, method, body }) => [method, url, body])).toEqual([
      ["GET", `http://127.0.0.1:3000/calls?${query}`, undefined], ["GET", `http://127.0.0.1:3000/calls?${query}&before=2`, undefined],
    ]);
    expect(asked[0]?.headers).toEqual({ authorization: `Basic ${Buffer.from("1234567:sécret").toString("base64")}` });
  });

  it("asks for no page that nobody wants", async () => {
    const { client: one, asked } = client([{ calls: [{ call_id: "3" }], next: "3" }]);
    for await (const call of one.calls.list()) {
      expect(call.call_id).toBe("3");
      break;
    }
    expect(asked).toHaveLength(1);
  });

  it("refuses a filter it does not know, and a reply that is none", async () => {
    const misspelt: Readonly<Record<string, unknown>> = { state: "ended" };
    await expect(all(client([]).client.calls.list(misspelt))).rejects.toMatchObject({ code: "validation", field: "filters.state" });
    await expect(all(client([{ hello: 1 }]).client.calls.list())).rejects.toMatchObject({ code: "server" });
    await expect(all(client([[]]).client.calls.list())).rejects.toMatchObject({ code: "server" });
  });

  it("needs a server of one's own", async () => {
    vi.stubEnv("PIOPIY_BASE_URL", "");
    await expect(all(client([], "").client.calls.list())).rejects.toMatchObject({ code: "validation", field: "options.baseUrl" });
  });
});

describe("client.calls.get", () => {
  it("gets a call, and its digits when they are asked for", async () => {
    const { client: one, asked } = client([{ call_id: "1", legs: [] }, { call_id: "1", legs: [] }]);
    expect(await one.calls.get("abc-1")).toEqual({ call_id: "1", legs: [] });
    await one.calls.get("abc-1", { digits: true });
    expect(asked.map(({ url }) => new URL(url).pathname + new URL(url).search)).toEqual(["/calls/abc-1", "/calls/abc-1?digits=1"]);
  });

  it("says that there is none, and what an id is", async () => {
    await expect(client([]).client.calls.get("gone")).rejects.toMatchObject({ code: "not_found" });
    await expect(client([]).client.calls.get("../secrets")).rejects.toMatchObject({ code: "validation", field: "id" });
  });
});

describe("client.events.list", () => {
  it("goes on from the cursor to the newest", async () => {
    const { client: one, asked } = client([
      { events: [{ event_id: "a", cursor: 8 }, { event_id: "b", cursor: 9 }], next: 9, more: true },
      { events: [{ event_id: "c", cursor: 12 }], next: 12, more: false },
    ]);
    expect((await all(one.events.list({ after: 7 }))).map((event) => event.cursor)).toEqual([8, 9, 12]);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(["?after=7", "?after=9"]);
  });

  it("refuses what is no cursor", async () => {
    await expect(all(client([]).client.events.list({ after: -1 }))).rejects.toMatchObject({ code: "validation", field: "options.after" });
  });
});
