import { expect, it } from "vitest";
import type { SipAddress } from "../address.ts";
import type { Contact } from "./bindings.ts";
import { createFlowIndex } from "./flow-index.ts";

const at = (port: number, transport: SipAddress["transport"] = "tcp"): SipAddress => ({ transport, host: "192.0.2.1", port });
const contact = (source: SipAddress): Contact => ({ uri: "sip:a@b", source, expiresAtMs: 0, callId: "c", cseq: 1 });

it("knows who is registered by a connection, as long as that is so", () => {
  const index = createFlowIndex();
  const desk = [contact(at(1)), contact(at(2)), contact(at(3, "udp"))];
  index.move("desk", [], desk);
  index.move("hall", [], [contact(at(1))]);
  const users = () => [at(1), at(2), at(1, "tls"), at(3, "udp"), at(4)].map((remote) => index.usersOf(remote).join());
  expect(users()).toEqual(["desk,hall", "desk", "", "", ""]);
  index.move("desk", desk, [contact(at(4))]);
  expect(users()).toEqual(["hall", "", "", "", "desk"]);
  index.move("desk", [contact(at(4))], []);
  index.clear();
  expect(users()).toEqual(["", "", "", "", ""]);
});
