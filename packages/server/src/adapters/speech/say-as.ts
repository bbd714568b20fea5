const months = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
];

/** How a text is written out for `<say-as interpret-as=…>`; an interpretation that is not known leaves it as it is. */
export function sayAs(interpretAs: string, format: string): (text: string) => string {
  switch (interpretAs) {
    case "digits":
    case "telephone":
    case "characters":
    case "spell-out":
    case "verbatim":
      return spelled;
    case "date":
      return (text) => date(text, format);
    default:
      return (text) => text;
  }
}

/** Each letter and digit by itself. */
function spelled(text: string): string {
  return ` ${Array.from(text.replaceAll(/\s+/g, "")).join(" ")} `;
}

/** A date of three numbers, in the order that `format` names: `mdy`, `dmy`, `ymd`; without one, a year in front tells. */
function date(text: string, format: string): string {
  const numbers = /^\s*(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})\s*$/.exec(text)?.slice(1) ?? [];
  const order = /^(?:mdy|dmy|ymd)$/.test(format) ? format : (numbers[0]?.length ?? 0) > 2 ? "ymd" : "mdy";
  const part = (letter: string) => numbers[order.indexOf(letter)] ?? "";
  const month = months[Number(part("m")) - 1];
  return month === undefined ? text : ` ${month} ${Number(part("d"))}, ${part("y")} `;
}
