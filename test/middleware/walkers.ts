// Clients that each count in a session of their own, as fast as they are answered, and know what they were promised.
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../support/redis-process.ts'
import type { Answer, Site } from './contenders.ts'

/** What the app has to do at `/next`, for `walk` to know. */
export const next = (req: any, res: any) => {
  req.session.n = (req.session.n ?? 0) + 1
  res.send(String(req.session.n))
}

export interface Walker {
  readonly id: string
  /** The highest number that an answer of 200 has confirmed. */
  readonly acknowledged: number
  /** The number in the first 200 to a request made since `mark`. */
  readonly firstSince: number | undefined
  /** The highest number that had been confirmed when that request was made. */
  readonly promised: number
  /** Confirmed numbers that a later 200 went back behind: lost writes. */
  readonly lost: number
  /** By what came of the requests since `mark`. */
  readonly outcomes: ReadonlyMap<string, number>
}

export interface Walk {
  readonly walkers: readonly Walker[]
  /** Milliseconds, of all requests. */
  readonly slowest: number
  /** A text of each refusal there was since `mark`. */
  readonly reasons: ReadonlySet<string>
  /** From here on outcomes are counted anew. */
  mark(): void
  /** Resolves when no request is on its way. */
  pause(): Promise<void>
  /** Only those that `may`, if that is given. */
  resume(may?: (walker: Walker) => boolean): void
  stop(): Promise<void>
}

/** Each has its session already when this resolves. */
export async function walk(site: Site, count: number): Promise<Walk> {
  const reasons = new Set<string>()
  let slowest = 0
  let stopped = false
  let may = (_: Walker) => true
  let marks = 0
  let busy = 0

  const begin = async () => {
    let first: Answer
    // Connecting may take a busy machine longer than a deadline.
    await until('there is a session to begin with', async () => (first = await site.get('/next')).status === 200)
    const state = {
      id: decodeURIComponent(first!.cookie!.split('=', 2)[1]!)
        .slice(2)
        .replace(/\.[^.]*$/, ''),
      acknowledged: Number(first!.text),
      firstSince: undefined as number | undefined,
      promised: 0,
      lost: 0,
      outcomes: new Map<string, number>(),
    }
    const step = async () => {
      const { acknowledged } = state
      const mark = marks
      const start = performance.now()
      const answer: Pick<Answer, 'status' | 'text'> = await site
        .get('/next', first)
        .catch((error: Error) => ({ status: 0, text: error.message }))
      slowest = Math.max(slowest, performance.now() - start)
      if (answer.status === 200) state.acknowledged = Number(answer.text)
      if (mark !== marks) return
      const outcome = String(answer.status)
      state.outcomes.set(outcome, (state.outcomes.get(outcome) ?? 0) + 1)
      if (answer.status !== 200) return void reasons.add(answer.text.trim())
      const n = Number(answer.text)
      if (state.firstSince === undefined) state.promised = acknowledged
      state.firstSince ??= n
      state.lost += Math.max(0, acknowledged + 1 - n)
    }
    return { state, step }
  }
  const all = await Promise.all(Array.from({ length: count }, begin))

  const running = all.map(async ({ state, step }) => {
    while (!stopped) {
      if (may(state)) {
        busy++
        await step()
        busy--
      }
      // So that a breaker that refuses at once is not asked thousands of times.
      await sleep(2)
    }
  })
  return {
    walkers: all.map(({ state }) => state),
    get slowest() {
      return slowest
    },
    reasons,
    mark() {
      marks++
      reasons.clear()
      for (const { state } of all) {
        state.firstSince = undefined
        state.lost = 0
        state.outcomes.clear()
      }
    },
    async pause() {
      may = () => false
      while (busy > 0) await sleep(1)
    },
    resume(those = () => true) {
      may = those
    },
    async stop() {
      stopped = true
      await Promise.all(running)
    },
  }
}

/** All outcomes of these walkers, summed. */
export function outcomes(walkers: readonly Walker[]): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const walker of walkers) for (const [what, count] of walker.outcomes) sums[what] = (sums[what] ?? 0) + count
  return sums
}
