// Where the sessions are kept: `sessions` is a folder for the embedded store, or the URL of a Redis.
import { Redis } from 'ioredis'
import { DemoError } from './demo-error.ts'

/** Asked before anything is started: three processes that cannot keep a session would have less to say. */
export async function assertKeeps(redis: string | undefined): Promise<void> {
  if (redis !== undefined) return assertRedis(redis)
  try {
    await import('lmdb')
  } catch (error) {
    const [reason] = (error as Error).message.split('\n', 1)
    throw new DemoError(`The embedded store needs the package lmdb: ${reason}. Another place is --redis URL.`)
  }
}

export function keptIn(sessions: string): string {
  return isRedis(sessions) ? `Redis at ${withoutPassword(sessions)}` : `the embedded store in ${sessions}`
}

async function assertRedis(url: string): Promise<void> {
  if (!isRedis(url) || !URL.canParse(url)) {
    throw new DemoError(`--redis wants a URL, as in --redis redis://127.0.0.1:6379; "${url}" is none`)
  }
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: PATIENCE_MS,
    disconnectTimeout: 50,
  })
  let why: Error | undefined
  redis.on('error', error => (why ??= error))
  // One that takes connections and says nothing, as something else behind that port may.
  const timer = setTimeout(() => {
    why ??= new Error('no answer')
    redis.disconnect()
  }, PATIENCE_MS)
  try {
    await redis.connect()
    await redis.ping()
    // A database that is not there is no error of the connection: it would go on with the first one.
    if (why !== undefined) throw why
  } catch (error) {
    const { message } = why ?? (error as Error)
    const reason = message.startsWith('NOAUTH') ? 'it asks for a password, as in redis://:PASSWORD@HOST' : message
    throw new DemoError(`Redis at ${withoutPassword(url)} cannot be used: ${reason}`)
  } finally {
    clearTimeout(timer)
    redis.disconnect()
  }
}

function isRedis(sessions: string): boolean {
  return /^rediss?:\/\/./.test(sessions)
}

function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}

const PATIENCE_MS = 2_000
