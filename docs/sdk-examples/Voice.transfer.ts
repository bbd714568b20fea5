import { Action, RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "", CALL_ID = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

// CALL_ID: the request id of a call that is up, or the `cmiuuid` of a webhook.
const next = new Action().speak("You are being connected.").hangup();
console.log(await client.voice.transfer(CALL_ID, { pcmo: next }));
