import { Action } from "piopiy";

const action = new Action();
action.speak("Hello, welcome.").speak("Bonjour.", { language: "fr" });
console.log(JSON.stringify(action.PCMO()));
