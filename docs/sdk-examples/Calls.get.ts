import { RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "", CALL_ID = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

// CALL_ID: the id of a call, of its request or of one of its legs.
const { status, actions, webhooks } = await client.calls.get(CALL_ID);
console.log(status, actions.length, webhooks.length);
