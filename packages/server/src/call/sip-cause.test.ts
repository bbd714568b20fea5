import { describe, expect, it } from "vitest";
import type { Cause, CauseReason } from "./cause.ts";
import { causeOfBye, causeOfStatus, reasonHeader, statusOfCause } from "./sip-cause.ts";

describe("the cause of a refused call", () => {
  const table: readonly (readonly [status: number, silent: CauseReason, afterRinging: CauseReason])[] = [
    [302, "unreachable", "unreachable"],
    [400, "failed", "failed"],
    [401, "rejected", "rejected"],
    [403, "rejected", "rejected"],
    [404, "unreachable", "unreachable"],
    [407, "rejected", "rejected"],
    [408, "unreachable", "no_answer"],
    [410, "unreachable", "unreachable"],
    [480, "unreachable", "no_answer"],
    [484, "unreachable", "unreachable"],
    [486, "busy", "busy"],
    [487, "cancelled", "cancelled"],
    [488, "failed", "failed"],
    [500, "failed", "failed"],
    [503, "failed", "failed"],
    [600, "busy", "busy"],
    [603, "rejected", "rejected"],
    [604, "unreachable", "unreachable"],
    [606, "failed", "failed"],
  ];
  it.each(table)("%i: %s, after ringing %s", (status, silent, afterRinging) => {
    expect(causeOfStatus(status, false)).toEqual({ reason: silent, who: "peer", sipStatus: status });
    expect(causeOfStatus(status, true).reason).toBe(afterRinging);
  });
});

describe("the refusal of a cause", () => {
  const table: readonly (readonly [cause: Cause, status: number, reason: string])[] = [
    [{ reason: "completed", who: "us" }, 480, 'Q.850;cause=16;text="completed"'],
    [{ reason: "busy", who: "us" }, 486, 'Q.850;cause=17;text="busy"'],
    [{ reason: "no_answer", who: "us" }, 480, 'Q.850;cause=19;text="no answer"'],
    [{ reason: "rejected", who: "us" }, 603, 'Q.850;cause=21;text="rejected"'],
    [{ reason: "unreachable", who: "us" }, 404, 'Q.850;cause=3;text="unreachable"'],
    [{ reason: "shutdown", who: "us" }, 503, 'Q.850;cause=41;text="shutdown"'],
    [{ reason: "media_timeout", who: "network" }, 500, 'Q.850;cause=102;text="media timeout"'],
    [{ reason: "media_failed", who: "us" }, 503, 'Q.850;cause=41;text="media failed"'],
    [{ reason: "out_of_ports", who: "us" }, 503, 'Q.850;cause=42;text="out of ports"'],
    [{ reason: "rejected", who: "peer", sipStatus: 403 }, 403, 'Q.850;cause=21;text="rejected"'],
    [{ reason: "failed", who: "us", sipStatus: 200 }, 500, 'Q.850;cause=41;text="failed"'],
  ];
  it.each(table)("%o is %i", (cause, status, reason) => {
    expect(statusOfCause(cause)).toBe(status);
    expect(reasonHeader(cause)).toBe(reason);
  });
});

describe("the cause of a BYE", () => {
  it.each([
    [undefined, "completed"],
    ["", "completed"],
    ["garbage;;;=", "completed"],
    ["SIP;cause=200;text=\"moved\"", "completed"],
    ["Q.850;cause=16", "completed"],
    ["Q.850 ; text=\"x\" ; cause = 31", "completed"],
    ["Q.850;cause=38;text=\"network out of order\"", "failed"],
    ["SIP;cause=500, q.850;cause=102", "failed"],
  ])("%s: %s", (header, reason) => {
    expect(causeOfBye(header)).toEqual({ reason, who: "peer" });
  });
});
