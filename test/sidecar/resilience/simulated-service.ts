// A service in counted time: so many places that work at once, a queue in front of them, and callers that hold themselves
// to a limiter each and turn away what is over it.
import type { Random } from '../../../sidecar/model/candidate.ts'
import { createLimiter } from '../../../sidecar/resilience/limiter.ts'
import { seeded } from '../../support/random.ts'

export interface Simulation {
  readonly seed: number
  readonly seconds: number
  /** Requests that are worked on at once. Default 20. */
  readonly places?: (second: number) => number
  /** Milliseconds of work for one request. */
  readonly work: (random: Random, second: number) => number
  /** Arrivals, as a multiple of what twenty places do with 50 ms of work. Default 2. */
  readonly load?: (second: number) => number
  readonly callers?: number
  readonly least?: number
  readonly most?: number
  /** Milliseconds after which a caller gives up; the service does the work all the same. */
  readonly timeout?: number
}

export interface Second {
  /** Of all callers, on average. */
  readonly limit: number
  readonly done: number
  readonly p99: number
}

export const WORK = 50
const PLACES = 20

export const fixed: Simulation['work'] = () => WORK
export const exponential: Simulation['work'] = random => -WORK * Math.log(1 - random())
/** Log-normal, sigma 1.5: one in a hundred takes eleven times the average. */
export const longTailed: Simulation['work'] = random => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return WORK * Math.exp(1.5 * normal - 1.5 ** 2 / 2)
}

interface Request {
  readonly caller: number
  readonly began: number
  readonly inFlight: number
}

/** What was so in the seconds from `from`. */
export function summary(seconds: readonly Second[], from: number, to = seconds.length) {
  const some = seconds.slice(from, to)
  const average = (of: (second: Second) => number) => some.reduce((sum, second) => sum + of(second), 0) / some.length
  return {
    limit: average(second => second.limit),
    done: average(second => second.done),
    p99: average(second => second.p99),
  }
}

export function simulate(simulation: Simulation): readonly Second[] {
  const { places = () => PLACES, load = () => 2, callers = 1, timeout = Number.POSITIVE_INFINITY } = simulation
  const random = seeded(simulation.seed)
  const settings = { least: simulation.least ?? 5, most: simulation.most ?? 1000 }
  const limiters = Array.from({ length: callers }, () => createLimiter(settings))
  const inFlight = new Array<number>(callers).fill(0)
  const queue: Request[] = []
  const events = createEvents()
  const seconds: Second[] = []
  let latencies: number[] = []
  let limits = 0
  let working = 0
  let now = 0

  function arrive() {
    events.add(now - (WORK / (PLACES * load(now / 1000))) * Math.log(1 - random()), arrive)
    const caller = Math.floor(random() * callers)
    if (inFlight[caller]! >= limiters[caller]!.limit) return
    queue.push({ caller, began: now, inFlight: ++inFlight[caller]! })
    work()
  }

  function work() {
    while (queue.length > 0 && working < places(now / 1000)) {
      const request = queue.shift()!
      working++
      events.add(now + simulation.work(random, now / 1000), () => {
        working--
        end(request)
        work()
      })
    }
  }

  function end({ caller, began, inFlight: then }: Request) {
    inFlight[caller]!--
    const ms = Math.min(now - began, timeout)
    limiters[caller]!.record(ms, then, ms === timeout)
    latencies.push(ms)
    limits += limiters.reduce((sum, { limit }) => sum + limit, 0)
  }

  function tick() {
    events.add(now + 1000, tick)
    latencies.sort((a, b) => a - b)
    const done = latencies.length
    const p99 = latencies[Math.floor(done * 0.99)] ?? 0
    seconds.push({ done, p99, limit: done > 0 ? limits / done : (seconds.at(-1)?.limit ?? settings.least) })
    latencies = []
    limits = 0
  }

  events.add(0, arrive)
  events.add(1000, tick)
  while (seconds.length < simulation.seconds) {
    const event = events.next()
    now = event.at
    event.run()
  }
  return seconds
}

interface Event {
  readonly at: number
  readonly run: () => void
}

/** A binary heap. */
function createEvents() {
  const heap: Event[] = []
  const swap = (i: number, j: number) => {
    const event = heap[i]!
    heap[i] = heap[j]!
    heap[j] = event
  }
  return {
    add(at: number, run: () => void) {
      let i = heap.push({ at, run }) - 1
      for (let up = (i - 1) >> 1; i > 0 && heap[up]!.at > heap[i]!.at; i = up, up = (i - 1) >> 1) swap(i, up)
    },
    next(): Event {
      swap(0, heap.length - 1)
      const event = heap.pop()!
      for (let i = 0; ; ) {
        let least = i
        for (const child of [2 * i + 1, 2 * i + 2]) {
          if (child < heap.length && heap[child]!.at < heap[least]!.at) least = child
        }
        if (least === i) return event
        swap(i, least)
        i = least
      }
    },
  }
}
