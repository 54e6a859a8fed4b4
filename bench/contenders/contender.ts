// What the bench must know of a proxy to measure it.

export interface Contender {
  readonly name: string
  /** Not worth a line when it is missing. */
  readonly optional?: true
  /** Looked up anew in every run. */
  recipe(): Recipe
}

export type Recipe =
  | { readonly version: string; readonly command: (site: Site) => readonly string[] }
  | { readonly missing: string }

export interface Site {
  /** Of 127.0.0.1: where to listen. */
  readonly port: number
  /** Of 127.0.0.1: what to balance over. */
  readonly endpoints: readonly number[]
  /** The proxy's own, for its configuration. */
  readonly folder: string
}
