import { Action } from "piopiy";

const action = new Action().speak("Hello.");
const flow = action.PCMO();
action.speak("This comes too late for the flow above: every PCMO() is a copy.");
console.log(JSON.stringify(flow));
