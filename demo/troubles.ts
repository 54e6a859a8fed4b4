// What is done to the instances, and when: one trouble after the other and to another instance each time, so that two of
// three are well at any moment.

export interface Trouble {
  readonly kind: 'killed' | 'failing' | 'frozen'
  readonly service: 'web' | 'orders'
  /** Index of the instance. */
  readonly instance: number
  /** Seconds since the start. */
  readonly from: number
  readonly to: number
}

const ROUND: readonly Trouble[] = [
  { kind: 'killed', service: 'orders', instance: 0, from: 2, to: 5 },
  { kind: 'failing', service: 'orders', instance: 1, from: 7, to: 10 },
  { kind: 'frozen', service: 'orders', instance: 2, from: 12, to: 15 },
  { kind: 'killed', service: 'web', instance: 1, from: 17, to: 20 },
]
const ROUND_SECONDS = 24

/** Those of a demo that lasts so many seconds. A single round is made to fit; of further ones only whole ones begin. */
export function* troublesIn(seconds = Number.POSITIVE_INFINITY): Generator<Trouble, void> {
  const scale = Math.min(1, seconds / ROUND_SECONDS)
  for (let round = 0; round === 0 || (round + 1) * ROUND_SECONDS <= seconds; round++) {
    const at = (second: number) => round * ROUND_SECONDS + scale * second
    for (const { from, to, ...trouble } of ROUND) yield { ...trouble, from: at(from), to: at(to) }
  }
}
