import { Action } from "piopiy";

const action = new Action();
action.stream("wss://example.com/bot", {
  listen_mode: "caller",
  voice_quality: 16000,
  // From here on what a self-hosted server knows.
  protocol: "v1",
  parameters: { language: "en" },
  reconnect: 20,
  on_stream_fail: new Action().speak("Nobody is here at the moment.").hangup(),
});
console.log(JSON.stringify(action.PCMO()));
