// Whether this process hears of all changes of the keys that it reads: CLIENT TRACKING on the connection that reads,
// redirected to one that only listens. A beat goes out on the one and has to come back on the other: Redis writes to the
// listener in order, so everything that was changed before the beat has been told once it is there.
import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { messageOf } from '../errors.ts'
import { listenerFor } from './redis-client.ts'

export interface TrackingEvents {
  invalidated(key: string): void
  /** What was read so far may have changed unnoticed. */
  lost(): void
  /** Nobody has asked for so long that nothing that was read is of use. */
  idle(): void
  /** Redis will not have it: too old, or forbidden. Asked again with the next connection. */
  refused(reason: string): void
}

export interface TrackingOptions {
  /** Milliseconds that may pass without a proof that all has been told. */
  readonly maxSilence: number
  /** Milliseconds without a question after which no more beats are sent. */
  readonly idle: number
}

export interface Tracking {
  /** Changes of keys that are read from now on will be told. */
  readonly up: boolean
  /** Whether all that had changed `maxSilence` ago has been told. Being asked keeps the beats going. */
  current(now: number): boolean
  close(): void
}

interface Beat {
  readonly token: string
  readonly sent: number
  /** Of the wall clock against the other one. */
  readonly drift: number
  answered: boolean
  heard: boolean
}

const INVALIDATE = '__redis__:invalidate'
/** Milliseconds by which the clocks may part: more, and the clock was set, or the machine has slept. */
const DRIFT = 1_000
/** Milliseconds that a listener may take to connect; ioredis waits without an end for the answers to its greeting. */
const PATIENCE = 4_000
/** Of the errors of Redis these pass by themselves; all others are its word. */
const PASSING = /^(?:LOADING|BUSY|MASTERDOWN|OOM|READONLY)\b/
/** The listener has gone, or after a failover it is still at the old server. */
const MISPLACED = /client ID .* does not exist/

export function track(client: Redis, options: TrackingOptions, events: TrackingEvents): Tracking {
  const { maxSilence, idle } = options
  const listener = listenerFor(client)
  /** Of this process alone, so that the answer of PUBLISH says whether the listener is at the same server. */
  const channel = `outrigger:near:${randomUUID()}`
  /** Another one with each pair of connections. */
  let era = 0
  /** The listener's id at its server, once it is subscribed. */
  let target: string | undefined
  /** Another one with each connection of the listener. */
  let hearing = 0
  let up = false
  let pairing = false
  let beat: Beat | undefined
  let proof: Beat | undefined
  let tokens = 0
  let timer: NodeJS.Timeout | undefined
  let usedAt = 0
  let restartAt = performance.now() + PATIENCE
  let refused = false
  let closed = false

  function lost(): void {
    era++
    up = pairing = false
    beat = proof = undefined
    restartAt = performance.now() + PATIENCE
    events.lost()
  }

  function failed(error: unknown): void {
    lost()
    if ((error as Error).name !== 'ReplyError' || PASSING.test(messageOf(error))) return
    refused = true
    listener.disconnect()
    events.refused(messageOf(error))
  }

  /** The id first: once subscribed, the connection takes no other command. */
  async function listen(): Promise<void> {
    const mine = hearing
    try {
      const id = await listener.client('ID')
      await listener.subscribe(INVALIDATE, channel)
      if (mine !== hearing) return
      target = String(id)
    } catch (error) {
      return void (mine === hearing && failed(error))
    }
    await pair()
  }

  /** No NOLOOP: by it, a write of our own ends the tracking of its key, and says nothing. */
  async function pair(): Promise<void> {
    if (closed || pairing || target === undefined || client.status !== 'ready') return
    pairing = true
    const mine = era
    try {
      await client.call('CLIENT', 'TRACKING', 'ON', 'REDIRECT', target)
    } catch (error) {
      if (mine !== era) return
      return MISPLACED.test(messageOf(error)) ? misplaced() : failed(error)
    }
    if (mine !== era) return
    pairing = false
    up = true
    send(performance.now())
  }

  function send(now: number): void {
    const mine = era
    const sent = { token: String(++tokens), sent: now, drift: Date.now() - now, answered: false, heard: false }
    beat = sent
    // The first answer says that nobody has turned tracking off, the second that the listener is where we read.
    Promise.all([client.call('CLIENT', 'GETREDIR'), client.publish(channel, sent.token)]).then(
      ([redirect, receivers]) => {
        if (mine !== era) return
        if (Number(receivers) < 1) return misplaced()
        if (String(redirect) !== target) {
          lost()
          return void pair()
        }
        sent.answered = true
        prove(sent)
      },
      error => mine === era && failed(error),
    )
  }

  function prove(sent: Beat): void {
    if (!sent.answered || !sent.heard) return
    proof = sent
    beat = undefined
  }

  function restart(): void {
    deaf()
    listener.disconnect(true)
  }

  /** Not at once: it may find itself there again and again. */
  function misplaced(): void {
    deaf()
    restartAt = performance.now() + maxSilence
  }

  function deaf(): void {
    hearing++
    target = undefined
    lost()
  }

  function tick(): void {
    const now = performance.now()
    if (now - usedAt > idle) {
      clearInterval(timer)
      timer = undefined
      return events.idle()
    }
    if (client.status !== 'ready' || refused) return
    if (!up) {
      if (target !== undefined) return void pair()
      if (listener.status === 'wait' || listener.status === 'end') return void connect()
      if (now > restartAt) restart()
    } else if (beat === undefined) send(now)
    // Without an answer it is the reading connection that is silent, and whoever reads finds out.
    else if (beat.answered && now - beat.sent > maxSilence) restart()
  }

  function connect(): void {
    restartAt = performance.now() + PATIENCE
    listener.connect().catch(() => {})
  }

  const onReady = () => {
    refused = false
    if (listener.status === 'wait' || listener.status === 'end') connect()
    else void pair()
  }
  const onEnd = () => {
    lost()
    listener.disconnect()
  }
  client.on('ready', onReady).on('close', lost).on('end', onEnd)
  listener.on('error', () => {})
  listener.on('ready', () => void listen())
  listener.on('close', deaf)
  // As Buffers: of the keys in one message ioredis makes one string, with commas.
  listener.on('messageBuffer', (from: Buffer, message: unknown) => {
    if (from.toString() === channel) {
      if (beat?.token !== String(message)) return
      beat.heard = true
      return prove(beat)
    }
    // FLUSHDB and FLUSHALL name no key.
    if (message === null) return events.lost()
    if (Array.isArray(message)) for (const key of message) events.invalidated(String(key))
  })
  if (client.status === 'ready') connect()

  return {
    get up() {
      return up
    },
    current(now) {
      usedAt = now
      if (timer === undefined && !closed) {
        timer = setInterval(tick, maxSilence / 2).unref()
        tick()
      }
      // The status is another one before the event is.
      if (proof === undefined || client.status !== 'ready' || listener.status !== 'ready') return false
      if (Math.abs(Date.now() - now - proof.drift) > DRIFT) {
        proof = undefined
        events.lost()
        return false
      }
      return now - proof.sent <= maxSilence
    },
    close() {
      closed = true
      clearInterval(timer)
      client.off('ready', onReady).off('close', lost).off('end', onEnd)
      lost()
      listener.disconnect()
    },
  }
}
