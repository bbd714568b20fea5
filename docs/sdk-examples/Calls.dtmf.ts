import { RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "", CALL_ID = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

// CALL_ID: the id of a call that is up, of its request or of one of its legs.
console.log(await client.calls.dtmf(CALL_ID, "42#"));
