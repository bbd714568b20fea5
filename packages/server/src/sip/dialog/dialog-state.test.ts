import { describe, expect, it } from "vitest";
import { headerValues } from "../message/message.ts";
import { type DialogState, nextHopInside, requestInside } from "./dialog-state.ts";

const state: DialogState = {
  callId: "c", localTag: "l", remoteTag: "r", local: "<sip:a@b>;tag=l", remote: "<sip:c@d>;tag=r",
  localCSeq: 1, remoteCSeq: undefined, remoteTarget: "sip:target@192.0.2.5", routeSet: [],
};

// RFC 3261 §12.2.1.1, §16.12.1
describe.each<[string, readonly string[], { uri: string; routes: readonly string[]; hop: string }]>([
  ["no routes", [], { uri: "sip:target@192.0.2.5", routes: [], hop: "sip:target@192.0.2.5" }],
  ["loose routers", ["<sip:p1;lr>", "<sip:p2;lr>"], { uri: "sip:target@192.0.2.5", routes: ["<sip:p1;lr>", "<sip:p2;lr>"], hop: "sip:p1;lr" }],
  ["a strict router first", ["<sip:p1>", "<sip:p2;lr>"], { uri: "sip:p1", routes: ["<sip:p2;lr>", "<sip:target@192.0.2.5>"], hop: "sip:p1" }],
  ["a strict router alone", ["<sip:p1>"], { uri: "sip:p1", routes: ["<sip:target@192.0.2.5>"], hop: "sip:p1" }],
])("a request along %s", (_, routeSet, expected) => {
  it("has the Request-URI, the routes and the next hop", () => {
    const request = requestInside({ ...state, routeSet }, "BYE", 2);
    expect(request.uri).toBe(expected.uri);
    expect(headerValues(request, "Route")).toEqual(expected.routes);
    expect(nextHopInside({ ...state, routeSet })).toBe(expected.hop);
  });
});
