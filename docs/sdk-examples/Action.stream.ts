import { Action } from "piopiy";

const action = new Action();
action.stream("wss://example.com/bot", { listen_mode: "caller", voice_quality: 16000 });
console.log(JSON.stringify(action.PCMO()));
