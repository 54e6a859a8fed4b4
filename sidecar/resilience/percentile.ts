// A percentile of recent latencies, from counts in buckets of 1/16 of an octave: HdrHistogram's layout, with the bucket
// read from the bits of a float. Old samples fade: all counts are halved every thousand, as fractions, since whole
// numbers would lose the lone samples of which a tail consists.

export interface Percentile {
  /** Milliseconds; under 0.1 counts as 0.1, over two minutes as two minutes. */
  record(ms: number): void
  /** The latency that `share` (0 to 1) of the samples did not exceed, 3 % off at most; undefined before 100 samples. */
  at(share: number): number | undefined
}

export function createPercentile(): Percentile {
  return new Histogram()
}

const LEAST_MS = 0.1
const MOST_MS = 120_000
const ENOUGH = 100
const HALVING = 1000
/** An answer stands until this share of the samples is new: a scan per request would be most of the cost. */
const STALE = 1 / 64

/** A float shares its byte order with an integer of its size; sign, exponent and four bits of the fraction are kept. */
const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)
const KEPT = 23 - 4

function slotOf(ms: number): number {
  float[0] = ms
  return bits[0]! >>> KEPT
}

function lowestOf(slot: number): number {
  bits[0] = slot << KEPT
  return float[0]!
}

const FIRST = slotOf(LEAST_MS)
const LENGTH = slotOf(MOST_MS) - FIRST + 1

/** A class: a number that changes in a closure is allocated anew each time by the V8 of Node 20. */
class Histogram implements Percentile {
  private readonly counts = new Float64Array(LENGTH)
  private total = 0
  private untilHalving = HALVING
  private answer = 0
  private share = -1
  /** Samples since `answer` was found. */
  private since = 0

  record(ms: number): void {
    // In this order NaN becomes the least.
    const within = ms > LEAST_MS ? (ms < MOST_MS ? ms : MOST_MS) : LEAST_MS
    this.counts[slotOf(within) - FIRST]!++
    this.total++
    this.since++
    if (--this.untilHalving === 0) this.fade()
  }

  at(share: number): number | undefined {
    if (this.total < ENOUGH) return undefined
    if (share !== this.share || this.since > this.total * STALE) {
      this.answer = this.find(share)
      this.share = share
      this.since = 0
    }
    return this.answer
  }

  /** From above: a tail is found in a few steps. */
  private find(share: number): number {
    const above = this.total * (1 - share)
    let slot = LENGTH - 1
    for (let seen = this.counts[slot]!; seen <= above && slot > 0; seen += this.counts[slot]!) slot--
    const low = lowestOf(slot + FIRST)
    const high = lowestOf(slot + FIRST + 1)
    return (low + high) / 2
  }

  private fade(): void {
    this.total = 0
    for (let i = 0; i < LENGTH; i++) this.total += this.counts[i]! /= 2
    this.untilHalving = HALVING
  }
}
