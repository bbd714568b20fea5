import { Action } from "piopiy";

const action = new Action();
action.call(918000000000, [919000000001, 919000000002], { timeout: 20, loop: 2 });
console.log(JSON.stringify(action.PCMO()));
