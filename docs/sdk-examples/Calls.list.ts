import { RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

for await (const call of client.calls.list({ status: "ended", direction: "outbound" })) {
  console.log(call.call_id, call.cause, call.duration_ms);
}
