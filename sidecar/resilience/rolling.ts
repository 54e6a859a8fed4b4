// Counts over the last moments, in ten slices: what is older than the window goes a slice at a time. Numbers only, so that
// to count costs no more than to look at the clock.

const SLICES = 10

export class Rolling {
  total = 0
  bad = 0
  readonly #slice: number
  readonly #totals = new Uint32Array(SLICES)
  readonly #bads = new Uint32Array(SLICES)
  /** The slice that `now` fell into last, counted from the beginning of time. */
  #at = 0

  /** Milliseconds. What happened up to a tenth more than that ago may still count. */
  constructor(within: number) {
    this.#slice = within / SLICES
  }

  add(bad: boolean, now: number): void {
    this.advance(now)
    const i = this.#at % SLICES
    this.#totals[i]!++
    this.total++
    if (!bad) return
    this.#bads[i]!++
    this.bad++
  }

  advance(now: number): void {
    const at = Math.floor(now / this.#slice)
    if (at <= this.#at) return
    if (at - this.#at > SLICES) this.reset()
    else {
      for (let gone = this.#at + 1; gone <= at; gone++) {
        const i = gone % SLICES
        this.total -= this.#totals[i]!
        this.bad -= this.#bads[i]!
        this.#totals[i] = 0
        this.#bads[i] = 0
      }
    }
    this.#at = at
  }

  reset(): void {
    this.total = 0
    this.bad = 0
    this.#totals.fill(0)
    this.#bads.fill(0)
  }
}
