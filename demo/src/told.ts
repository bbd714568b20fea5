import { webhooks, type Webhook } from "piopiy";
import type { Posted } from "./application.ts";
import { webhookSecret, type Parties } from "./parties.ts";
import { proof, type Proof } from "./proofs.ts";
import { until } from "./wait.ts";

/** Reads every webhook of all calls: signed, in order, and exactly one record for each leg there was. */
export async function proveWebhooks({ application, client }: Parties): Promise<readonly Proof[]> {
  const legs = new Set<string>();
  for await (const { call_id } of client.calls.list()) for (const { cmiuuid } of (await client.calls.get(call_id)).legs) legs.add(cmiuuid);
  const told = await until("a record of every leg", async () => {
    const read = await Promise.all(application.posted.filter(({ path }) => path === "/events" || path === "/cdr").map(unwrapped));
    return read.filter(({ type }) => type === "cdr").length >= legs.size ? read : undefined;
  });
  const records = told.flatMap((webhook) => (webhook.type === "cdr" ? [webhook.data.cmiuuid] : []));
  const first = application.posted.find(({ path }) => path === "/cdr");
  const forged = first ? await refused({ ...first, rawBody: first.rawBody.replace("answered", "missed__") }) : false;
  return [
    proof("webhooks are signed, and a forged one is refused", forged, `${told.length} webhooks`),
    proof("one record for each leg of all calls", records.length === legs.size && new Set(records).size === legs.size, `${records.length} records of ${legs.size} legs`),
  ];
}

const unwrapped = ({ rawBody, headers }: Posted): Promise<Webhook> => webhooks.unwrap(rawBody, headers, webhookSecret);

async function refused(posted: Posted): Promise<boolean> {
  try {
    await unwrapped(posted);
    return false;
  } catch {
    return true;
  }
}
