import { Action, RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

// Calls 1000, shows it 1001, and performs the flow when it is answered.
const flow = new Action().speak("Hello.").hangup();
const { request_id } = await client.voice.call(1000, 1001, flow, { timeout: 30, extra_params: { order: 42 } });
console.log(request_id);
