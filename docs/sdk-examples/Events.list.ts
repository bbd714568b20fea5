import { RestClient } from "piopiy";

const { PIOPIY_APPID = "", PIOPIY_TOKEN = "" } = process.env;
const client = new RestClient(PIOPIY_APPID, PIOPIY_TOKEN);

// Where you left off: keep it beside what you have done with the events.
const lastCursor = 0;
for await (const event of client.events.list({ after: lastCursor })) {
  console.log(event.cursor, event.kind, event.event_id);
}
