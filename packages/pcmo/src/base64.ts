// RFC 4648 §4, padded. No lookahead and no nested repetition: it is run on megabytes that strangers send.
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
