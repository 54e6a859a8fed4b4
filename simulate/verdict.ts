// Whether our figures are the published ones, in words.

export interface Claim {
  readonly what: string
  readonly ours: number
  /** A figure, or the two that it lies between. */
  readonly published: number | readonly [number, number]
  /** By so much ours may differ: what the dice, or a rounding in the source, account for. */
  readonly within: number
}

/** `why` is given only if there is a difference. */
export function verdict(claims: readonly Claim[], why: string): string[] {
  const different = claims.filter(claim => !agrees(claim))
  const same = claims.filter(agrees)
  return [
    ...(same.length === 0 ? [] : [`Agrees: ${same.map(({ what }) => what).join(', ')}.`]),
    ...(different.length === 0 ? [] : [`Differs: ${different.map(worded).join(', ')}. ${why}`]),
  ]
}

export function agrees({ ours, published, within }: Claim): boolean {
  const [least, most] = typeof published === 'number' ? [published, published] : published
  return ours >= least - within && ours <= most + within
}

function worded({ what, ours, published }: Claim): string {
  const theirs = typeof published === 'number' ? plain(published) : published.map(plain).join(' to ')
  return `${what} (ours ${plain(ours)}, published ${theirs})`
}

function plain(value: number): string {
  return String(Number(value.toPrecision(4)))
}
