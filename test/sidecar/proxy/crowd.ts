/** Clients with cookies in front of simulated members: the real cluster and affinity, no sockets, time as it is told. */
import { balancers } from '../../../sidecar/balance/index.ts'
import { type Cluster, type ClusterOptions, createCluster } from '../../../sidecar/cluster/cluster.ts'
import type { Outcome } from '../../../sidecar/model/outcome.ts'
import type { StickyBy, StickySettings } from '../../../sidecar/model/sticky-settings.ts'
import { type Affinity, createAffinity, type Pinning } from '../../../sidecar/proxy/affinity.ts'
import { setCookieValue } from '../../../sidecar/proxy/field-text.ts'
import { NO_ENDPOINT } from '../../../sidecar/proxy/refusal.ts'
import { createRooms } from '../../../sidecar/proxy/rooms.ts'
import { createTally, type Tally } from '../../../sidecar/proxy/tally.ts'
import { seeded } from '../../support/random.ts'

export const KEY = 'a key that is long enough'
export const HOUR = 3_600_000
export const PIN_COOKIE: Extract<StickyBy, { kind: 'cookie' }> = {
  kind: 'cookie',
  name: 'pin',
  path: '/',
  domain: undefined,
  sameSite: 'lax',
  partitioned: false,
  keys: [KEY],
  idle: HOUR,
  life: 24 * HOUR,
}

const OK: Outcome = { kind: 'answered', status: 200, ms: 1 }

export interface Client {
  /** As it sends them. */
  cookies: Record<string, string>
  /** Of the member that answered last. */
  at: string
}

export interface Reply {
  readonly at: string
  readonly result: Pinning['result']
  /** Of the whole answer as the client gets it. */
  readonly head: string
  /** What the member has seen. */
  readonly request: string
}

export interface Asking {
  readonly status?: number
  readonly fields?: readonly string[]
  readonly target?: string
  /** Fields of the member's answer. */
  readonly answer?: readonly string[]
  /** Members that have failed it. */
  readonly tried?: readonly string[]
}

export class Hop {
  readonly cluster: Cluster
  readonly tally: Tally = createTally()
  readonly affinity: Affinity
  /** Milliseconds since 1970. */
  now = 1_800_000_000_000

  constructor(members: readonly string[], sticky: Partial<StickySettings> = {}, more: Partial<ClusterOptions> = {}) {
    const self = this
    const endpoints = members.map(address => ({ address, weight: 1 }))
    const balancer = balancers['least-connections']
    this.cluster = createCluster({ name: 'web', endpoints, balancer, random: seeded(1), ...more })
    this.affinity = createAffinity(
      { by: PIN_COOKIE, onLost: 'rebalance', drain: 300_000, ...sticky },
      {
        name: 'web',
        cluster: this.cluster,
        clock: {
          get now() {
            return self.now
          },
        },
        rooms: createRooms(1000, { queue: 10, queueTimeout: 1000 }),
        tally: this.tally,
        wall: () => this.now,
        lease: x => {
          const lease = this.cluster.lease(this.now, x.key(), x.tried)
          if (lease === undefined) throw NO_ENDPOINT
          return lease
        },
      },
    )
  }

  /** Rejects with the refusal. */
  async ask(client: Client, asking: Asking = {}): Promise<Reply> {
    const { status = 200, fields = [], target = '/', answer = [], tried = [] } = asking
    const cookies = Object.entries(client.cookies).map(([name, value]) => `${name}=${value}`)
    const lines = [...(cookies.length > 0 ? [`Cookie: ${cookies.join('; ')}`] : []), ...fields]
    const outgoing = {
      text: `GET ${target} HTTP/1.1\r\nHost: web\r\n${lines.map(line => `${line}\r\n`).join('')}\r\n`,
      rewrite(head: string) {
        this.text = head
      },
    }
    const members = this.cluster.members.filter(({ endpoint }) => tried.includes(endpoint.address))
    const waiting = { abortWait: null, clock: { precise: () => this.now }, verdict: null, queuedMs: 0 }
    const x = { outgoing, target, tried: members, key: () => undefined, ...waiting }
    const pinning = this.affinity(x)
    const lease = await pinning.lease(x)
    const data = `HTTP/1.1 ${status} X\r\n${answer.map(line => `${line}\r\n`).join('')}\r\nbody`
    const given = { status, retryAfter: -1, load: null, data, lent: null, done: true, closes: false }
    const head = String(pinning.answered(given, lease.member, x))
    lease.settle(OK, this.now)
    client.at = lease.member.endpoint.address
    for (const name of ['pin', 'sid']) {
      const value = setCookieValue(head, name)
      if (value !== undefined) client.cookies[name] = value
    }
    return { at: client.at, result: pinning.result, head, request: outgoing.text }
  }

  get counts(): Record<string, number> {
    return Object.fromEntries(this.tally.pins)
  }
}

export function clients(count: number): Client[] {
  return Array.from({ length: count }, () => ({ cookies: {}, at: '' }))
}

/** How many are at each address. */
export function spreadOf(crowd: readonly Client[]): Record<string, number> {
  const spread: Record<string, number> = {}
  for (const { at } of crowd) spread[at] = (spread[at] ?? 0) + 1
  return spread
}
