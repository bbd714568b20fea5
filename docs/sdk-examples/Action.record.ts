import { Action } from "piopiy";

const action = new Action();
action.speak("Leave a message after the tone.").record({ beep: true, max_length: 60, silence_timeout: 5 });
console.log(JSON.stringify(action.PCMO()));
