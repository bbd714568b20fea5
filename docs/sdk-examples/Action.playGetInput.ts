import { Action } from "piopiy";

const action = new Action();
action.playGetInput("https://example.com/digits", "menu.wav", { max_digit: 1, max_retry: 2, timeout: 5 });
console.log(JSON.stringify(action.PCMO()));
