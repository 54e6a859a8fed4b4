/** How a client is kept at one member. Every time is milliseconds. */
export interface StickySettings {
  readonly by: StickyBy
  /** For a client whose member cannot serve: another member, or a 503. */
  readonly onLost: 'rebalance' | 'strict'
  /** How long a member that is leaving, or held by hand, goes on serving those that are pinned to it. */
  readonly drain: number
}

export type StickyBy =
  /** A cookie of our own, which says where the client lives. */
  | ({ readonly kind: 'cookie' } & PinCookie)
  /** An id that the member gives the client; who gave it is remembered here, in memory. */
  | {
      readonly kind: 'learned'
      readonly from: 'cookie' | 'header'
      readonly name: string
      readonly idle: number
      /** Ids remembered at most. */
      readonly entries: number
    }
  /** An id that the client brings; where it belongs is computed. */
  | { readonly kind: 'hashed'; readonly from: 'cookie' | 'header' | 'query'; readonly name: string }

export interface PinCookie {
  readonly name: string
  readonly path: string
  /** Undefined: for the host that was asked, and no other. */
  readonly domain: string | undefined
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly partitioned: boolean
  /** The first signs, all are believed. */
  readonly keys: readonly string[]
  readonly idle: number
  readonly life: number
}
