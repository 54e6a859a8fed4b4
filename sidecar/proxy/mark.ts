// By what a client is known again. A mark reads the claim of a request, and sees to it that the answer leaves one for the
// next; who serves, and what follows when that one cannot, is the same for all of them (affinity.ts).

export interface Mark {
  /** May change the request that goes out. */
  read(x: Marked): Claim
  /** The answer's head as the client gets it. Undefined: no answer changes anything. */
  readonly keep: ((head: string, kept: Kept) => string) | undefined
  /** For those whose member is lost: whether all proxies have to choose the same other one, by the key. */
  readonly near: boolean
}

/** A request, as it goes upstream. */
export interface Marked {
  readonly outgoing: { readonly text: string; rewrite(head: string): void }
  readonly target: string
}

export interface Claim {
  /** The client has been somewhere before, as far as its request says. */
  readonly pinned: boolean
  /** The member it belongs to; '' when that cannot be said, or it is one that we do not know. */
  readonly address: string
  /** What it is picked by when there is no such member. */
  readonly key: string | undefined
  /** Why what the client brought is no claim; '' when it is one, or it brought nothing. */
  readonly fault: '' | 'invalid' | 'expired'
}

export interface Kept {
  /** The same that `read` has made. */
  readonly claim: Claim
  /** Of the member that has answered. */
  readonly address: string
  /** The client came by TLS. */
  readonly secure: boolean
  /** A claim may be left: the member does its work. */
  readonly good: boolean
  /** Set by `keep`, when it has left one. */
  left: boolean
}

export const NO_CLAIM: Claim = { pinned: false, address: '', key: undefined, fault: '' }
