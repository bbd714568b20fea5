import { webhooks } from "piopiy";

const body = JSON.stringify({ from: 14155550100, to: 14155550199, dtmf: "5", cmiuuid: "a-leg" });

// What your receiver will be sent, for its tests.
const signature = await webhooks.sign(body, "the secret the server was given");
const webhook = await webhooks.unwrap(body, { "piopiy-signature": signature }, "the secret the server was given");
console.log(webhook.type);
