import { Action } from "piopiy";

const action = new Action();
action.forward(["desk", "mobile"], 918000000000, { timeout: 15 });
console.log(JSON.stringify(action.PCMO()));
