import { afterEach, describe, expect, it } from "vitest";
import { randomIds, systemClock, text, utf8 } from "../base/index.ts";
import { createUserAgent, header, type Dialog, type IncomingInvite, type TransportName, type UserAgent } from "./index.ts";

const open: UserAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((agent) => agent.close()));
});

async function agent(...transports: TransportName[]): Promise<UserAgent> {
  const listen = transports.map((transport) => ({ transport, host: "127.0.0.1", port: 0 }));
  const made = await createUserAgent({ clock: systemClock, ids: randomIds, listen, product: "test" });
  open.push(made);
  return made;
}

const uriOf = (agent: UserAgent, user: string, transport: TransportName) => {
  const address = agent.addresses.find((address) => address.transport === transport)!;
  return `sip:${user}@${address.host}:${address.port}${transport === "tcp" ? ";transport=tcp" : ""}`;
};

const nextInvite = (agent: UserAgent) =>
  new Promise<IncomingInvite>((resolve) => agent.events.on("invite", resolve));

const ended = (dialog: Dialog) =>
  new Promise<unknown>((resolve) => {
    if (dialog.signal.aborted) resolve(dialog.signal.reason);
    dialog.signal.addEventListener("abort", () => resolve(dialog.signal.reason));
  });

describe.each(["udp", "tcp"] as const)("a call over %s", (transport) => {
  it("rings, is answered, carries bodies and ends with a BYE", async () => {
    const alice = await agent(transport);
    const bob = await agent(transport);
    const arriving = nextInvite(bob);
    const call = alice.invite({
      target: uriOf(bob, "bob", transport), from: "sip:alice@example.com", fromDisplayName: "Alice",
      headers: [["X-Trace", "1"]], body: { type: "application/sdp", bytes: utf8("offer") },
    });
    const ringing = new Promise((resolve) => call.events.on("provisional", ({ status }) => status === 180 && resolve(status)));
    const incoming = await arriving;
    expect(header(incoming.request, "x-trace")).toBe("1");
    expect(header(incoming.request, "From")).toMatch(/^"Alice" <sip:alice@example\.com>;tag=/);
    expect(text(incoming.request.body)).toBe("offer");
    expect(incoming.callId).toBe(call.callId);
    incoming.respond(180);
    expect(await ringing).toBe(180);
    const bobs = incoming.accept({ body: { type: "application/sdp", bytes: utf8("answer") } });
    const acked = new Promise((resolve) => bobs.events.on("ack", resolve));
    const outcome = await call.outcome;
    if (outcome.kind !== "accepted") throw new Error(outcome.kind);
    expect(text(outcome.response.body)).toBe("answer");
    expect(header(outcome.response, "Contact")).toContain(`sip:bob@127.0.0.1:${bob.addresses[0]!.port}`);
    await acked;
    const bobsEnd = ended(bobs);
    await outcome.dialog.bye([["Reason", 'Q.850;cause=16;text="bye"']]);
    expect(await bobsEnd).toEqual({ who: "remote", reasonHeader: 'Q.850;cause=16;text="bye"' });
    expect(outcome.dialog.signal.reason).toEqual({ who: "local" });
  });

  it("is refused with the callee's status", async () => {
    const alice = await agent(transport);
    const bob = await agent(transport);
    bob.events.on("invite", (incoming) => incoming.respond(486, { reason: "On the phone" }));
    const outcome = await alice.invite({ target: uriOf(bob, "bob", transport), from: "sip:alice@example.com" }).outcome;
    expect(outcome).toMatchObject({ kind: "refused", response: { status: 486, reason: "On the phone" } });
  });

  it("is cancelled while it rings", async () => {
    const alice = await agent(transport);
    const bob = await agent(transport);
    const arriving = nextInvite(bob);
    const call = alice.invite({ target: uriOf(bob, "bob", transport), from: "sip:alice@example.com" });
    const incoming = await arriving;
    incoming.respond(180);
    const gone = new Promise((resolve) => incoming.signal.addEventListener("abort", resolve));
    call.cancel();
    await gone;
    expect(await call.outcome).toEqual({ kind: "failed", why: "cancelled" });
  });
});

it("finds a host by its name", async () => {
  const alice = await agent("udp");
  const bob = await agent("udp");
  const target = `sip:bob@localhost:${bob.addresses[0]!.port}`;
  expect((await alice.request("OPTIONS", { target, from: "sip:a@b" })).status).toBe(200);
  expect((await alice.request("OPTIONS", { target: "sip:bob@no-such-host.invalid", from: "sip:a@b" })).status).toBe(503);
});

it("says when an address is taken, and leaves nothing open", async () => {
  const taken = (await agent("udp")).addresses[0]!;
  const listen = [{ transport: "tcp" as const, host: "127.0.0.1", port: 0 }, taken];
  await expect(createUserAgent({ clock: systemClock, ids: randomIds, listen })).rejects.toThrow(/EADDRINUSE/);
});
