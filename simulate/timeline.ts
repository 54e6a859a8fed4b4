// Simulated time: a heap of what is to happen. Nothing here reads a clock; a simulated hour lasts as long as its events.

export interface Timeline {
  /** Milliseconds. */
  readonly now: number
  /** At that time, which is not before now; what is due at the same time happens in the order of these calls. */
  at(time: number, act: () => void): void
  /** Until nothing is left to happen. */
  run(): void
}

export function createTimeline(): Timeline {
  return new Heap()
}

/** A class, because its fields change at every event. */
class Heap implements Timeline {
  now = 0
  #count = 0
  #calls = 0
  /** Element 0 is the next; those of element i are at 2i + 1 and 2i + 2. Three arrays, so that an event is no object. */
  readonly #times: number[] = []
  readonly #orders: number[] = []
  readonly #acts: (() => void)[] = []

  at(time: number, act: () => void): void {
    if (!(time >= this.now)) throw new RangeError(`${time} is over: it is ${this.now}.`)
    const order = this.#calls++
    let i = this.#count++
    while (i > 0) {
      const parent = (i - 1) >> 1
      // Its order is later than all others', so among equal times it stays below.
      if (this.#times[parent]! <= time) break
      this.#move(parent, i)
      i = parent
    }
    this.#put(i, time, order, act)
  }

  run(): void {
    while (this.#count > 0) {
      const act = this.#acts[0]!
      this.now = this.#times[0]!
      this.#remove()
      act()
    }
  }

  #remove(): void {
    const last = --this.#count
    const time = this.#times[last]!
    const order = this.#orders[last]!
    const act = this.#acts[last]!
    this.#acts.length = last
    if (last === 0) return
    let i = 0
    for (let child = 1; child < last; child = 2 * i + 1) {
      if (child + 1 < last && this.#isBefore(child + 1, this.#times[child]!, this.#orders[child]!)) child++
      if (!this.#isBefore(child, time, order)) break
      this.#move(child, i)
      i = child
    }
    this.#put(i, time, order, act)
  }

  #isBefore(i: number, time: number, order: number): boolean {
    const other = this.#times[i]!
    return other < time || (other === time && this.#orders[i]! < order)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#acts[from]!)
  }

  #put(i: number, time: number, order: number, act: () => void): void {
    this.#times[i] = time
    this.#orders[i] = order
    this.#acts[i] = act
  }
}
