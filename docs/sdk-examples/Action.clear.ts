import { Action } from "piopiy";

const action = new Action().speak("Never said.");
console.log(JSON.stringify(action.clear().speak("Hello.").PCMO()));
