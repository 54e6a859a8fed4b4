// The app's code inside of `update`, while all other writes of the session stand in line behind it: it may neither take
// for ever, nor wait for a write that waits for it.
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that a callback may take. */
const LONGEST = 5_000
/**
 * Milliseconds that a `save` or `update` waits for a callback of the same request. Whether it was called by that callback,
 * which then waits for it, or beside it cannot be told; AsyncLocalStorage could, and would cost every promise of the app.
 */
const PATIENCE = 1_000

export class Changing {
  #isCalling = false
  #pending: Promise<unknown> | undefined
  readonly #longest: number

  constructor(longest = LONGEST) {
    this.#longest = longest
  }

  /** What `change` returns, or an error with the code ERR_SESSION_UPDATE_TIMEOUT: what comes later is nobody's. */
  async run<T>(change: (data: any) => T, data: unknown): Promise<Awaited<T>> {
    const free = this.free()
    if (free !== undefined) await free
    let result: T
    this.#isCalling = true
    try {
      result = change(data)
    } finally {
      this.#isCalling = false
    }
    if (!isThenable(result)) return result as Awaited<T>
    let timer: NodeJS.Timeout | undefined
    const pending = new Promise<Awaited<T>>((resolve, reject) => {
      result.then(resolve as never, reject)
      timer = setTimeout(() => reject(tookTooLong(this.#longest)), this.#longest)
    })
    this.#pending = pending
    try {
      return await pending
    } finally {
      clearTimeout(timer)
      if (this.#pending === pending) this.#pending = undefined
    }
  }

  /** For those who will wait. Rejects with the code ERR_SESSION_UPDATE_NESTED for who is called by a callback. */
  free(): Promise<void> | undefined {
    if (this.#isCalling) return Promise.reject(nested())
    return this.#pending && this.#freed()
  }

  async #freed(): Promise<void> {
    const until = performance.now() + PATIENCE
    while (this.#pending !== undefined) {
      const left = until - performance.now()
      if (left <= 0) throw nested()
      const timer = new AbortController()
      const late = sleep(left, undefined, { signal: timer.signal })
      await Promise.race([this.#pending, late]).catch(() => {})
      timer.abort()
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function'
}

function tookTooLong(ms: number): Error {
  return Object.assign(
    new Error(`update(): its callback has not come to an end within ${ms} ms; nothing of it was written`),
    { code: 'ERR_SESSION_UPDATE_TIMEOUT' },
  )
}

function nested(): Error {
  return Object.assign(
    new Error(
      'save() or update() inside of update() would wait for itself: change what the callback is given, which is written after it',
    ),
    { code: 'ERR_SESSION_UPDATE_NESTED' },
  )
}
