import { Action } from "piopiy";

const action = new Action();
action.playMusic("https://example.com/welcome.wav").playMusic("goodbye.mp3");
console.log(JSON.stringify(action.PCMO()));
