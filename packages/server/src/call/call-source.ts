/** Somebody of ours at the far end of a leg. */
export type CallSource =
  | { readonly type: "trunk"; readonly name: string }
  | { readonly type: "phone"; readonly username: string };
