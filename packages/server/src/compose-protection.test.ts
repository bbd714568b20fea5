import { describe, expect, it } from "vitest";
import { protectionOf, type WorkLimits } from "./compose-protection.ts";
import { resolveConfig } from "./config/index.ts";

function protection(sip: object, trunks: readonly object[] = [], work: WorkLimits = {}) {
  const resolved = resolveConfig(JSON.stringify({ sip, trunks }), {}, {});
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return protectionOf(resolved.value, work);
}

describe("who is kept within limits", () => {
  it.each([
    ["127.0.0.1", true], ["::1", true], ["192.0.2.10", true], ["198.51.100.77", true], ["203.0.113.5", true], ["203.0.113.6", false], ["2001:db8::1", false],
  ])("of %s is trusted: %s", (host, expected) => {
    const { isTrusted } = protection(
      { guard: { trusted: ["203.0.113.5"] } }, [{ name: "t", host: "192.0.2.10", allow: ["198.51.100.0/24"] }],
    ).protection!;
    expect([isTrusted(host), isTrusted(host)]).toEqual([expected, expected]);
  });

  it("is said in requests a second and failures a minute", () => {
    expect(protection({ guard: { requests_per_second: 10, failures_per_minute: 6, connections_per_address: 7 } })).toMatchObject({
      protection: { limits: { strangers: { burst: 200, perSecond: 10 }, failures: { burst: 12, perSecond: 0.1 } } }, connectionsPerAddress: 7,
    });
    expect(protection({})).toEqual({ protection: { isTrusted: expect.any(Function) } });
    expect(protection({ guard: { enabled: false } })).toEqual({ connectionsPerAddress: 1024 });
  });

  it.each([{}, { guard: { requests_per_second: 10 } }])("has the limits of work that the server was started with (%o)", (sip) => {
    const work = { intake: { waitMs: 5000 }, overload: { lagMs: 9000 } };
    expect(protection(sip, [], work)).toMatchObject({ protection: work });
  });
});
