import { Action } from "piopiy";

const action = new Action();
action.speak("All lines are busy.").hangup({ cause: "busy" });
console.log(JSON.stringify(action.PCMO()));
