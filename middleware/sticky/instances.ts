// The instances of the app, and which of them a pin is for.

import type { Pin, Pins } from '../pin.ts'
import { type Announced, type Announcements, announcements } from './announcements.ts'
import { createPeer, isAddress, type Peer } from './forward-peer.ts'
import type { StickySettings } from './sticky-options.ts'

/** `unknown`: Redis has not answered for so long that nobody can say. */
export type Owner = Peer | 'self' | 'gone' | 'unknown'

export interface Instances {
  ownerOf(pin: Pin): Owner | Promise<Owner>
  isSelf(pin: Pin): boolean
  /** Whether the list is to be relied on, and this instance stands in it: else nobody is pinned. */
  readonly known: boolean
  /** Resolves when it is. */
  ready(): Promise<void>
  /** Others learn that this instance is gone. */
  close(): Promise<void>
}

/** In heartbeats: without one for so long an instance is gone. */
const LIFE = 5
/** In heartbeats: without an answer of Redis for so long the list is not relied on any more. */
const TRUST = 15

/** Milliseconds between two tries of a connection, at most, and a try. */
const RECONNECT = 5_000
/** Milliseconds that Redis has for an answer. */
const DEADLINE = 1_000

export function createInstances(settings: StickySettings, pins: Pins): Instances {
  const { self, redis, heartbeat } = settings
  const own = Array.from({ length: pins.keys }, (_, key) => pins.idOf(self.name, key))
  const peers = new Map<string, { peer: Peer; seenAt: number }>()
  /** By key: the peers by their ids. */
  let tables: Map<string, Peer>[] = []
  /** Ids that nobody has, as of the last answer. */
  let nobodys = new Set<string>()

  function tableOf(key: number): Map<string, Peer> {
    return (tables[key] ??= new Map([...peers.values()].map(({ peer }) => [pins.idOf(peer.name, key), peer])))
  }

  function put(name: string, address: string): void {
    const known = peers.get(name)
    const seenAt = performance.now()
    if (known?.peer.address === address) return void (known.seenAt = seenAt)
    peers.set(name, { peer: createPeer(name, address), seenAt })
    tables = []
    known?.peer.gone()
  }

  function drop(name: string): void {
    const known = peers.get(name)
    if (known === undefined) return
    peers.delete(name)
    tables = []
    known.peer.gone()
  }

  function find({ id, key }: Pin): Owner | undefined {
    if (own[key] === id) return 'self'
    const peer = tableOf(key).get(id)
    return peer === undefined || peer.reachable ? peer : 'gone'
  }

  const isSelf = ({ id, key }: Pin) => own[key] === id
  if (redis === undefined) {
    for (const [name, address] of Object.entries(settings.instances)) if (name !== self.name) put(name, address)
    return {
      ownerOf: pin => find(pin) ?? 'gone',
      isSelf,
      known: true,
      ready: async () => {},
      close: async () => dropAll(),
    }
  }

  function dropAll(): void {
    for (const name of [...peers.keys()]) drop(name)
  }

  const life = heartbeat * LIFE
  const { name, address } = self
  const there: Announcements = announcements(
    { redis, service: settings.service, name, address, life, deadline: DEADLINE },
    hear,
  )
  let heardAt = Number.NEGATIVE_INFINITY
  let beating: Promise<boolean> | undefined
  let closed = false
  const told: (() => void)[] = []

  function hear(all: readonly Announced[]): void {
    const before = heardAt
    heardAt = performance.now()
    nobodys = new Set()
    // Redis was away, and has perhaps forgotten all: the others have time to find it again.
    if (heardAt - before > 2 * heartbeat)
      for (const known of peers.values()) known.seenAt = heardAt + Math.max(0, RECONNECT - life)
    for (const each of all)
      if (each.name !== name) {
        if (each.gone) drop(each.name)
        // Whoever else writes there: what is no address is nobody's.
        else if (isAddress(each.address)) put(each.name, each.address)
      }
    // Who is missing has not said that it ends.
    for (const [other, { seenAt }] of peers) if (heardAt - seenAt > life) drop(other)
    for (const tell of told.splice(0)) tell()
  }

  function beat(): Promise<boolean> {
    if (closed) return Promise.resolve(false)
    beating ??= there.beat().finally(() => (beating = undefined))
    return beating
  }

  const isKnown = () => performance.now() - heardAt <= heartbeat * TRUST

  /** An id that is not in the list may be of an instance that has come since: whoever pins has announced itself before. */
  async function ask(pin: Pin): Promise<Owner> {
    if (beating !== undefined) {
      // It may have been given before the other one came.
      await beating
      const owner = find(pin)
      if (owner !== undefined) return owner
    }
    if (!(await beat())) return 'unknown'
    const owner = find(pin)
    if (owner !== undefined) return owner
    nobodys.add(pin.id)
    return 'gone'
  }

  const timer = setInterval(() => void beat(), heartbeat).unref()
  void there.connected().then(beat, () => {})
  void beat()

  return {
    isSelf,
    ownerOf(pin) {
      if (isSelf(pin)) return 'self'
      if (!isKnown()) return 'unknown'
      const owner = find(pin) ?? (nobodys.has(pin.id) ? 'gone' : undefined)
      // Not a wait for each request while Redis is away.
      return owner ?? (there.away ? 'unknown' : ask(pin))
    },
    get known() {
      return isKnown()
    },
    ready: () => (isKnown() ? Promise.resolve() : new Promise(resolve => void told.push(resolve))),
    async close() {
      if (closed) return
      closed = true
      clearInterval(timer)
      await beating
      await there.leave()
      dropAll()
      for (const tell of told.splice(0)) tell()
    },
  }
}
