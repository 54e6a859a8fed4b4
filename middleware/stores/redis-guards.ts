// A guard for each server that holds keys: a master that is gone must not close the way to the sessions of the others.
import { createGuard, type Guard, type GuardOptions } from './guard.ts'
import { type Connection, isCluster } from './redis-client.ts'
import { judge } from './redis-commands.ts'
import { type StoreVitals, sumOf } from './vitals.ts'

/** Addresses come and go with the nodes of a Cluster; what is known of those that have gone is thrown away. */
const MOST = 256
/** Milliseconds. */
const BETWEEN_RENEWALS = 1_000

export interface Guards {
  /** Of the server that has this key. */
  of(key: string): Guard
  vitals(): StoreVitals
}

export function redisGuards(connection: Connection, options: GuardOptions): Guards {
  const guards = new Map<string, Guard>()
  const { client } = connection

  const guardOf = (home: string): Guard => {
    let guard = guards.get(home)
    if (guard !== undefined) return guard
    if (guards.size >= MOST) guards.clear()
    guard = createGuard(options, {
      judge(error) {
        withoutCommand(error)
        return judge(error)
      },
      explain: error => explain(error, connection),
      // Silence for so long may be a connection that a firewall forgot: a new one is the way to know.
      onOpen: timedOut => timedOut && connection.renew(home),
      onRefusal: error => /^READONLY\b/.test(error.message) && renewSometimes(home, error),
    })
    guards.set(home, guard)
    return guard
  }

  let renewed = Number.NEGATIVE_INFINITY
  /** A master that has become a replica: its name, or the sentinels, may lead to the new master. */
  const renewSometimes = (home: string, why: Error) => {
    const now = performance.now()
    if (now - renewed < BETWEEN_RENEWALS) return
    renewed = now
    connection.renew(home, why)
  }

  client.on('ready', () => {
    for (const guard of guards.values()) guard.retry()
  })
  const vitals = () => sumOf(guards.values())
  if (isCluster(client)) return { of: key => guardOf(connection.home(key)), vitals }
  const only = guardOf('')
  return { of: () => only, vitals }
}

/** ioredis puts on an error what was sent: ids and sessions, which would end in the log of whoever prints its causes. */
function withoutCommand(error: unknown): void {
  const { lastNodeError } = error as { lastNodeError?: object }
  for (const each of [error, lastNodeError]) if (typeof each === 'object' && each !== null) delete (each as any).command
}

/** What ioredis says of a lost connection names no reason; its last error does. */
function explain(error: unknown, { client, lastError }: Connection): string | undefined {
  const known = lastError && `${lastError.message}`
  if (error === undefined) return client.status === 'ready' ? undefined : (known ?? 'not connected')
  const { name, message } = error as Error
  if (name !== 'MaxRetriesPerRequestError' && !/^(?:Connection is closed|Stream isn't writeable)/.test(message))
    return undefined
  return `the connection is lost${known ? `; ${known}` : ''}`
}
