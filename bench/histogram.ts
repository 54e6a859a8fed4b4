// Latencies in buckets of one percent: millions of them in a few KiB, and a percentile is off by less than its noise.

const LEAST_MS = 0.001
const STEP = Math.log(1.01)

export class Histogram {
  #counts = new Uint32Array(1_800)
  #total = 0

  add(ms: number): void {
    const index = Math.round(Math.log(Math.max(ms, LEAST_MS) / LEAST_MS) / STEP)
    this.#counts[Math.min(index, this.#counts.length - 1)]!++
    this.#total++
  }

  /** 0 when nothing was added. */
  percentile(percent: number): number {
    let left = Math.ceil((this.#total * percent) / 100)
    if (left === 0) return 0
    const index = this.#counts.findIndex(count => (left -= count) <= 0)
    return LEAST_MS * Math.exp(index * STEP)
  }
}
