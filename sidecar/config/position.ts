export interface Position {
  /** Both counted from 1. */
  readonly line: number
  readonly column: number
}

/**
 * Offsets in a text -> lines and columns. The yaml library has a LineCounter for this, but it misses line ends inside
 * of scalars that it reports as errors, and then every place below is wrong.
 */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0]
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1)
  return offset => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }
}
