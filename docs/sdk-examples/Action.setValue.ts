import { Action } from "piopiy";

const action = new Action();
action.setValue("order=42").input("https://example.com/digits");
console.log(JSON.stringify(action.PCMO()));
