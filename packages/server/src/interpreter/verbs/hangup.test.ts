import { parseFlow } from "@piopiy/pcmo";
import { describe, expect, it } from "vitest";
import { statusOfCause } from "../../call/sip-cause.ts";
import { simulate } from "../../simulator/index.ts";

/** What becomes of an unanswered inbound call, and which final status its caller is sent. */
async function refused(cause: string | undefined) {
  const flow = parseFlow([{ action: "hangup", ...(cause !== undefined && { cause }) }]);
  if (!flow.ok) throw new Error(JSON.stringify(flow.issues));
  const report = await simulate(flow.value, [], { call: { direction: "inbound" } });
  const ended = report.legs[0]!.cause!;
  expect(report.result).toEqual({ end: "hung_up", cause: ended });
  return { reason: ended.reason, status: statusOfCause(ended) };
}

describe("a call that is refused", () => {
  // The table of the action's documentation.
  it.each<[string | undefined, string, number]>([
    [undefined, "rejected", 603],
    ["busy", "busy", 486],
    ["USER_BUSY", "busy", 486],
    ["rejected", "rejected", 603],
    ["call-rejected", "rejected", 603],
    ["forbidden", "rejected", 403],
    ["no_answer", "no_answer", 480],
    ["unreachable", "unreachable", 404],
    ["UNALLOCATED_NUMBER", "unreachable", 404],
    ["congestion", "failed", 503],
    ["486", "busy", 486],
    ["600", "busy", 600],
    ["603", "rejected", 603],
    ["608", "rejected", 608],
    ["404", "unreachable", 404],
    ["410", "unreachable", 410],
    // Neither a success, nor a redirection, nor a challenge can be made of it.
    ["200", "rejected", 603],
    ["302", "rejected", 603],
    ["401", "rejected", 603],
    ["constructor", "rejected", 603],
  ])("for %s is told so", async (cause, reason, status) => expect(await refused(cause)).toEqual({ reason, status }));
});
