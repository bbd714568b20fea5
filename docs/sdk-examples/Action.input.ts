import { Action } from "piopiy";

const action = new Action();
action.input("https://example.com/pin", { min_digit: 4, max_digit: 4, timeout: 20, finish_on_key: "#" });
console.log(JSON.stringify(action.PCMO()));
