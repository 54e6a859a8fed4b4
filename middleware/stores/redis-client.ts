// One connection per store, or one per node of a Cluster: what the guards of the store need to know of it.
import type { Writable } from 'node:stream'
import { type Cluster, Command, type Redis, type RedisOptions } from 'ioredis'
import { isClient, OWN, open, type RedisClient, type RedisSource } from './redis-source.ts'

export interface Connection {
  readonly client: RedisClient
  /** Ours to tune and to close. */
  readonly own: boolean
  /** The last error of the connection itself; commands only say that it is closed. */
  readonly lastError: Error | undefined
  /** Of a Cluster: `host:port` of the node that has the key. Elsewhere one name for all keys. */
  home(key: string): string
  /** What is sent from now to the end of the loop's turn leaves in one write. */
  gather(): void
  /** Resolves at once when commands can be sent, else as soon as they can be. */
  ready(): Promise<void>
  /** A new connection to that home in place of one that is no good. Nothing for an instance that was given. */
  renew(home: string, why?: Error): void
  close(): Promise<void>
}

export function connect(source: RedisSource): Connection {
  const own = !isClient(source)
  const client = own ? open(source) : source
  const cluster = isCluster(client) ? client : undefined
  let lastError: Error | undefined
  let waiting: Promise<void> | undefined
  let gathering: Writable | undefined
  // Without a listener ioredis prints every failed attempt; with an instance that is its owner's choice.
  if (own) client.on('error', (error: Error) => (lastError = rootOf(error)))
  client.on('node error', (error: Error) => (lastError = error))
  client.on('ready', () => (lastError = undefined))

  return {
    client,
    own,
    get lastError() {
      return lastError
    },
    home: cluster === undefined ? () => '' : key => homeIn(cluster, key),
    gather() {
      if (!own) return
      if (cluster !== undefined) return gatherAll(cluster)
      const stream = streamOf(client as Redis)
      if (stream === undefined || stream === gathering) return
      gathering = stream
      stream.cork()
      setImmediate(() => {
        gathering = undefined
        stream.uncork()
      })
    },
    ready() {
      if (client.status === 'ready') return Promise.resolve()
      if (client.status === 'wait') client.connect().catch(() => {})
      if (client.status === 'end') return Promise.reject(lastError ?? new Error('Connection is closed.'))
      waiting ??= new Promise<void>(resolve => client.once('ready', resolve)).then(() => {
        waiting = undefined
      })
      return waiting
    },
    renew(home, why) {
      if (!own) return
      lastError = why ?? lastError
      // While the handshake waits for an answer the status is `connect`: ioredis has no deadline for it.
      const node = cluster === undefined ? client : cluster.nodes().find(node => addressOf(node) === home)
      if (node === undefined || (node.status !== 'ready' && node.status !== 'connect')) return
      // Once: the status stays what it is until the socket has closed, and all that is under way times out meanwhile.
      if (!(isCluster(node) ? undefined : streamOf(node))?.writableEnded) node.disconnect(cluster === undefined)
    },
    async close() {
      if (own) client.disconnect()
    },
  }
}

/** A second connection to the same server, for messages; not connected yet. ioredis hands out what RESP2 calls them. */
export function listenerFor(client: Redis): Redis {
  return client.duplicate({
    ...OWN,
    lazyConnect: true,
    protocol: 2,
    replyMapping: 'legacy',
    // It is subscribed by hand, after its id has been asked for.
    autoResubscribe: false,
    enableAutoPipelining: false,
    keyPrefix: '',
  } as RedisOptions)
}

const gathered = new WeakSet<Cluster>()

function gatherAll(cluster: Cluster): void {
  if (gathered.has(cluster)) return
  gathered.add(cluster)
  const streams = cluster.nodes().map(streamOf)
  for (const stream of streams) stream?.cork()
  setImmediate(() => {
    gathered.delete(cluster)
    for (const stream of streams) stream?.uncork()
  })
}

function streamOf(node: Redis): Writable | undefined {
  return (node as { stream?: Writable }).stream
}

export function isCluster(client: RedisClient): client is Cluster {
  return 'nodes' in client
}

/** ioredis's own reckoning, hash tags included. */
function homeIn(cluster: Cluster, key: string): string {
  const { keyPrefix } = cluster.options
  const slot = new Command('get', [key], keyPrefix ? { keyPrefix } : {}).getSlot()
  return cluster.slots[slot!]?.[0] ?? 'no node'
}

function addressOf({ options }: Redis): string {
  return `${options.host}:${options.port}`
}

/** Of a Cluster that cannot be reached: what the last of its nodes said. */
function rootOf(error: Error & { lastNodeError?: Error }): Error {
  return error.lastNodeError ?? error
}
