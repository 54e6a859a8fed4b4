// The end of a process that serves: readiness fails, then nothing new is accepted, what is under way is answered,
// WebSockets are told, sessions and Redis are closed, and the exit code says whether anything was cut off.
import cluster from 'node:cluster'
import type { Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { acceptedAll } from './accepted-all.ts'
import { closeAll, startDraining } from './draining.ts'
import { milliseconds } from './milliseconds.ts'
import { type Watched, watchServer } from './under-way.ts'

export interface DrainOptions {
  /**
   * Milliseconds from the failing of readiness until the server stops to listen: what balancers need to see it.
   * Default 3000; at Ctrl-C none.
   */
  delay?: number | undefined
  /**
   * Milliseconds from then on after which what is still under way is cut off. Default 25000: with the delay that is
   * less than the 30 s after which Kubernetes kills.
   */
  grace?: number | undefined
  /** What starts it. Default SIGTERM and SIGINT; empty: only `drain()`. */
  signals?: readonly NodeJS.Signals[] | undefined
  /** Called after the last answer. The session stores that were opened by URL or options are closed after it. */
  close?: (() => unknown) | undefined
  /** Whether the process then ends: with 0, or with 1 when anything was cut off. Default true. */
  exit?: boolean | undefined
}

export interface Drained {
  /** Requests and connections that the grace has ended. */
  readonly cutOff: number
  /** Milliseconds that it took. */
  readonly ms: number
}

export interface Drain {
  /** Does what the signal does, but for the exit. The same promise however often it is called; never rejects. */
  drain(): Promise<Drained>
  /** Requests without a whole answer, WebSockets, and connections of a `net.Server`. */
  readonly underWay: number
}

const CUT_OFF = 1
/** As of a process that a second Ctrl-C has ended. */
const ASKED_TWICE = 130
const CLOSING = 2_000
const LOOK = 20

interface Running {
  begin(delay: number): Promise<Drained>
}

/** Of one process: it ends when all of them are done. */
const all = new Set<Running>()

/** `servers`: what `app.listen()` returns, of Express or Koa, or any server of `node:http`, `https`, `http2`, `net`. */
export function drain(servers: Server | readonly Server[], options: DrainOptions = {}): Drain {
  const { signals = ['SIGTERM', 'SIGINT'], exit = true } = options
  const delay = milliseconds('drain', 'delay', options.delay, 3_000)
  const grace = milliseconds('drain', 'grace', options.grace, 25_000)
  const watched = [servers].flat().map(watchServer)
  let done: Promise<Drained> | undefined

  const running: Running = {
    begin: wait => (done ??= run(watched, { wait, grace, close: options.close })),
  }
  all.add(running)

  async function leave(wait: number): Promise<void> {
    const endings = await Promise.all([...all].map(each => each.begin(wait)))
    if (exit) process.exit(endings.some(({ cutOff }) => cutOff > 0) ? CUT_OFF : 0)
  }

  for (const signal of signals) {
    process.on(signal, () => {
      // npm passes on the Ctrl-C that the terminal has sent to everyone: the second one has to come later than that.
      if (signal === 'SIGINT' && performance.now() - asked > 500) process.exit(ASKED_TWICE)
      asked = Math.min(asked, performance.now())
      void leave(signal === 'SIGINT' ? 0 : delay)
    })
  }
  let asked = Number.POSITIVE_INFINITY
  if (signals.length > 0) {
    // The primary of a cluster is gone, or has let its worker go.
    if (cluster.isWorker) process.once('disconnect', () => void leave(0))
    // What pm2 sends where there are no signals.
    const told = (message: unknown) => void (message === 'shutdown' && leave(delay))
    process.on('message', told)
    // It keeps a child process alive, which has nothing to live for without its servers.
    let left = watched.length
    for (const server of [servers].flat()) server.once('close', () => --left === 0 && process.off('message', told))
  }
  return {
    drain: () => running.begin(delay),
    get underWay() {
      return countOf(watched)
    },
  }
}

interface Plan {
  readonly wait: number
  readonly grace: number
  readonly close: (() => unknown) | undefined
}

async function run(watched: readonly Watched[], { wait, grace, close }: Plan): Promise<Drained> {
  const begun = performance.now()
  startDraining()
  for (const each of watched) each.announce()
  if (wait > 0) await sleep(wait)
  await acceptedAll()
  for (const each of watched) each.stop()
  const end = performance.now() + grace
  while ((countOf(watched) > 0 || watched.some(each => each.expects())) && performance.now() < end) {
    await sleep(LOOK)
    for (const each of watched) each.closeIdle()
  }
  const cutOff = countOf(watched)
  for (const each of watched) each.cut()
  const closing = (async () => close?.())()
    .catch(error => {
      process.emitWarning(error instanceof Error ? error : new Error(`drain: close failed: ${messageOf(error)}`))
      // It is written in the next turn: before the exit.
      return sleep(0)
    })
    .then(closeAll)
  await Promise.race([closing, sleep(CLOSING, undefined, { ref: false })])
  return { cutOff, ms: Math.round(performance.now() - begun) }
}

function countOf(watched: readonly Watched[]): number {
  return watched.reduce((sum, each) => sum + each.count(), 0)
}
