// Measured values, and what can be said of them.

export interface Samples {
  readonly count: number
  add(value: number): void
  /** NaN without samples, as all that follow. */
  mean(): number
  /** The least value that `share` (0 to 1) of the samples do not exceed. */
  quantile(share: number): number
  /** The share of the samples that do not exceed `limit`. */
  within(limit: number): number
  /** Means of 20 batches in a row: neighbours in a queue are alike, these are nearly independent. */
  batches(): number[]
}

export function createSamples(): Samples {
  let values = new Float64Array(1024)
  let count = 0
  let sorted: Float64Array | undefined

  return {
    get count() {
      return count
    },
    add(value) {
      if (count === values.length) {
        const more = new Float64Array(2 * count)
        more.set(values)
        values = more
      }
      values[count++] = value
      sorted = undefined
    },
    mean: () => meanOf(values.subarray(0, count)),
    quantile(share) {
      sorted ??= values.slice(0, count).sort()
      return sorted[Math.max(0, Math.ceil(share * count) - 1)] ?? Number.NaN
    },
    within(limit) {
      let found = 0
      for (let i = 0; i < count; i++) if (values[i]! <= limit) found++
      return found / count
    },
    batches() {
      const size = Math.floor(count / BATCHES)
      return Array.from({ length: BATCHES }, (_, i) => meanOf(values.subarray(i * size, (i + 1) * size)))
    },
  }
}

export function meanOf(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

/** Half the width of the interval around the mean of `batches` that holds the true one 95 times in 100. */
export function marginOf(batches: readonly number[]): number {
  const mean = meanOf(batches)
  const squares = batches.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return STUDENT * Math.sqrt(squares / (BATCHES - 1) / BATCHES)
}

const BATCHES = 20
/** Student's t for 19 degrees of freedom, two-sided 95 %. */
const STUDENT = 2.093
