/** Runs cases, several at a time, against any proxy that gives each of them an address of its own. */
import type { Origin } from '../support/origin.ts'
import { openRaw, pause, readResponses, until } from '../support/raw.ts'
import type { Case, Observation, Step } from './case.ts'
import { describe, verdict } from './judge.ts'

/** One case's way through a proxy: where the client knocks, and the origin behind it. */
export interface Lane {
  readonly address: string
  readonly origin: Origin
  close(): Promise<void>
}

export interface Result {
  /** Undefined: passed. */
  readonly wrong: string | undefined
  readonly summary: string
}

/** Long enough for a busy machine; only a failing case waits for it. */
const patience = 4000
/** Nothing may arrive after all is said and done: wait this long for what should not come. */
const aftermath = 20

/** Port 1 for nobody: a port of our own that was closed again could be another case's origin by then. */
export const backOf = (test: Case, origin: Origin) => (test.absent ? 1 : origin.port)

export async function runCase(test: Case, lane: Lane): Promise<Result> {
  const client = await openRaw(lane.address)
  const methods = test.methods ?? ['GET']
  const look = (): Observation => ({
    client: {
      ...readResponses(client.bytes, methods, client.ending === 'fin'),
      bytes: client.bytes,
      ending: client.ending,
    },
    origin: lane.origin,
    asked: methods.length,
  })
  try {
    for (const step of test.send) await take(step)
    const deadline = performance.now() + patience
    // A judgement may hold in passing, while the rest is still under way: then it is waited for once more.
    for (;;) {
      const settled = await until(() => verdict(test.expect, look()) === undefined, deadline - performance.now())
      await pause(aftermath)
      const wrong = verdict(test.expect, look())
      if (wrong === undefined || !settled || performance.now() > deadline) return { wrong, summary: describe(look()) }
    }
  } finally {
    client.close()
  }

  async function take(step: Step) {
    if (step === 'fin') client.finish()
    else if (step === 'reset') client.reset()
    else if (typeof step === 'string' || Buffer.isBuffer(step)) await client.send(step)
    else if ('bytewise' in step) await client.sendBytewise(step.bytewise)
    else if ('pause' in step) await pause(step.pause)
    else if ('answers' in step) {
      const whole = () => look().client.responses.filter(response => response.complete).length >= step.answers
      await client.until(() => whole() || client.ending !== 'open', patience)
    } else if ('seen' in step) {
      await client.until(() => client.bytes.includes(step.seen, 0, 'latin1') || client.ending !== 'open', patience)
    } else {
      await until(() => lane.origin.bytes.includes(step.reached, 0, 'latin1') || client.ending !== 'open', patience)
    }
  }
}

/** Opens a lane for each case when its turn comes. The promises settle in any order and never reject. */
export function runAll(
  cases: readonly Case[],
  open: (test: Case) => Promise<Lane>,
  atOnce = 8,
): ReadonlyMap<Case, Promise<Result>> {
  const settle = new Map<Case, (result: Result) => void>()
  const results = new Map(cases.map(test => [test, new Promise<Result>(resolve => settle.set(test, resolve))]))
  const queue = cases.values()
  const worker = async () => {
    for (const test of queue) settle.get(test)!(await attempt(test, open))
  }
  for (let i = 0; i < atOnce; i++) void worker()
  return results
}

async function attempt(test: Case, open: (test: Case) => Promise<Lane>): Promise<Result> {
  try {
    const lane = await open(test)
    try {
      return await runCase(test, lane)
    } finally {
      await lane.close()
    }
  } catch (error) {
    return { wrong: `could not run: ${error instanceof Error ? error.message : error}`, summary: 'could not run' }
  }
}
