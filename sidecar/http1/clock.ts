// One coarse clock for all timeouts. A timer per request would cost more than parsing it: here, arming is two writes,
// because a timer that moved into the future is found where it used to stand and only then put in its new place.

/** Milliseconds. A timeout is late by at most two of them. */
const TICK = 20
const SLOTS = 512

/** A thing that may be due. It stays linked while it is re-armed, and costs nothing while it is disarmed. */
export class Timer {
  /** Clock time at which it is due; Infinity when disarmed. */
  due = Number.POSITIVE_INFINITY
  readonly fire: () => void
  /** The tick whose slot holds it; -1 when it is in none. */
  slot = -1
  next: Timer | null = null
  previous: Timer | null = null

  constructor(fire: () => void) {
    this.fire = fire
  }

  disarm(): void {
    this.due = Number.POSITIVE_INFINITY
  }
}

export class Clock {
  /** Milliseconds, coarse: when the present tick began. */
  now: number
  readonly #read: () => number
  readonly #slots: (Timer | null)[] = new Array(SLOTS).fill(null)
  #tick: number
  #interval: NodeJS.Timeout | undefined

  /** `read` gives monotonic milliseconds; a test passes its own and calls `advance`. */
  constructor(read: () => number) {
    this.#read = read
    this.now = read()
    this.#tick = Math.floor(this.now / TICK)
  }

  start(): this {
    this.#interval ??= setInterval(() => this.advance(), TICK).unref()
    return this
  }

  stop(): void {
    clearInterval(this.#interval)
    this.#interval = undefined
  }

  /** The exact time; also brings `now` up to date, which stands far behind after the process was stopped. */
  precise(): number {
    const now = this.#read()
    if (now > this.now) this.now = now
    return now
  }

  /** Fires no earlier than `ms` from now: a coarse clock may stand a tick behind, so that tick is added. */
  arm(timer: Timer, ms: number): void {
    if (ms === Number.POSITIVE_INFINITY) return timer.disarm()
    timer.due = this.now + ms + TICK
    // Within the tick in which it is due, not behind it: it is looked at once too often rather than a tick too late.
    const tick = Math.floor(timer.due / TICK)
    if (timer.slot === -1) this.#link(timer, tick)
    else if (tick < timer.slot) {
      this.#unlink(timer)
      this.#link(timer, tick)
    }
  }

  /** Disarms it and lets go of it: else it would keep its owner in memory until its old place comes round. */
  drop(timer: Timer): void {
    timer.disarm()
    if (timer.slot !== -1) this.#unlink(timer)
  }

  advance(): void {
    this.now = this.#read()
    const until = Math.floor(this.now / TICK)
    // After a long pause (a debugger, SIGSTOP) one round over all slots finds everything that is due.
    if (until - this.#tick > SLOTS) this.#tick = until - SLOTS
    while (this.#tick < until) this.#sweep(++this.#tick)
  }

  /** Always the first of the slot: what fires may arm and drop others, but nothing is linked into a slot under sweep. */
  #sweep(tick: number): void {
    const index = tick % SLOTS
    for (let timer = this.#slots[index]!; timer !== null; timer = this.#slots[index]!) {
      this.#unlink(timer)
      if (timer.due <= this.now) {
        timer.due = Number.POSITIVE_INFINITY
        timer.fire()
      } else if (timer.due !== Number.POSITIVE_INFINITY) {
        this.#link(timer, Math.max(tick + 1, Math.floor(timer.due / TICK)))
      }
    }
  }

  /** A timer that is more than a round away waits in a slot that is passed earlier, and is put on from there. */
  #link(timer: Timer, tick: number): void {
    const at = Math.min(Math.max(tick, this.#tick + 1), this.#tick + SLOTS - 1)
    const index = at % SLOTS
    const head = this.#slots[index]!
    timer.slot = at
    timer.previous = null
    timer.next = head
    if (head !== null) head.previous = timer
    this.#slots[index] = timer
  }

  #unlink(timer: Timer): void {
    if (timer.previous !== null) timer.previous.next = timer.next
    else this.#slots[timer.slot % SLOTS] = timer.next
    if (timer.next !== null) timer.next.previous = timer.previous
    timer.next = null
    timer.previous = null
    timer.slot = -1
  }
}
