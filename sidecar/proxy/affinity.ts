// Keeping a client at one member. How it is known again is the business of the marks; here is what follows from it: its
// member takes the request, or is waited for, or is lost. Only then another one may serve.

import { createPins } from '../../middleware/pin.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { Lease } from '../cluster/lease.ts'
import type { Member } from '../cluster/member.ts'
import type { Answer } from '../http1/answer.ts'
import type { PinCookie, StickySettings } from '../model/sticky-settings.ts'
import { fieldValue } from './field-text.ts'
import type { Claim, Kept, Mark, Marked } from './mark.ts'
import { markByCookie } from './mark-cookie.ts'
import { markByHash } from './mark-hashed.ts'
import { markByLearned } from './mark-learned.ts'
import { PIN_LOST } from './refusal.ts'
import type { Rooms } from './rooms.ts'
import type { PinResult, Tally } from './tally.ts'
import type { Waiting } from './wait.ts'

/** For each request, when its head for upstream has been written. */
export type Affinity = (x: Marked) => Pinning

export interface AffinityParts {
  /** Of the service. */
  readonly name: string
  readonly cluster: Cluster
  readonly clock: { readonly now: number }
  readonly rooms: Rooms
  readonly tally: Tally
  /** Milliseconds since 1970. */
  readonly wall: () => number
  /** Any member, for a client without one. Throws a refusal. */
  readonly lease: (x: Picked) => Lease
}

/** What of an exchange decides on the member. */
export interface Picked {
  readonly tried: readonly Member[]
  key(): string | undefined
}

export function createAffinity({ by, onLost, drain }: StickySettings, parts: AffinityParts): Affinity {
  const { cluster, clock, tally } = parts
  // A hash keeps nothing: it cannot tell who was there before.
  if (by.kind !== 'hashed') cluster.remember(drain)
  const home = (key: string) => cluster.home(key)
  const mark =
    by.kind === 'cookie'
      ? pinMark(by, parts)
      : by.kind === 'learned'
        ? markByLearned(by, { home, now: () => clock.now })
        : markByHash(by, home)
  const rules: Rules = { ...parts, mark, strict: onLost === 'strict', drain: by.kind === 'hashed' ? 0 : drain }
  return x => {
    const claim = mark.read(x)
    if (claim.fault !== '') tally.pinned(claim.fault)
    return new Pinning(rules, claim)
  }
}

interface Rules extends AffinityParts {
  readonly mark: Mark
  readonly strict: boolean
  readonly drain: number
}

/** One exchange and the member that its client belongs to. */
export class Pinning {
  /** '' until there is one. */
  result: PinResult | '' = ''
  readonly #rules: Rules
  readonly #claim: Claim

  constructor(rules: Rules, claim: Claim) {
    this.#rules = rules
    this.#claim = claim
  }

  /** No other member is to be asked beside its own. */
  get bound(): boolean {
    return this.#claim.address !== ''
  }

  /** No other member may serve it, whatever comes. */
  get alone(): boolean {
    return this.#claim.pinned && this.#rules.strict
  }

  /** Takes a member for one attempt. Rejects with a refusal when there is none, or none that would do. */
  async lease(x: Picked & Waiting): Promise<Lease> {
    const { cluster, clock, rooms, mark, lease } = this.#rules
    const { pinned, address, key } = this.#claim
    const strict = this.alone
    // A member that has failed this request is asked again only where no other may be.
    if (address !== '' && (strict || !x.tried.some(({ endpoint }) => endpoint.address === address))) {
      const terms = { drain: pinned ? this.#rules.drain : 0, alone: strict }
      const take = () => cluster.leaseOf(address, clock.now, terms)
      let found = take()
      while (found !== undefined && !(found instanceof Lease)) found = await rooms.wait(x, found, take)
      if (found !== undefined) return found
    }
    if (strict) {
      this.#count('refused')
      throw PIN_LOST
    }
    return (mark.near && key !== undefined && cluster.leaseNear(key, clock.now, x.tried)) || lease(x)
  }

  /** What the client gets: this answer, with what keeps it where it was. */
  answered({ data, status }: Answer, member: Member, x: Marked): string | Buffer {
    const claim = this.#claim
    const { address } = member.endpoint
    const { keep } = this.#rules.mark
    let left = false
    let out = data
    if (keep !== undefined) {
      const end = data.indexOf('\r\n\r\n') + 4
      const head = typeof data === 'string' ? data.slice(0, end) : data.toString('latin1', 0, end)
      const secure = /^https(,|$)/i.test(fieldValue(x.outgoing.text, 'x-forwarded-proto') ?? '')
      const kept: Kept = { claim, address, secure, good: status < 500, left: false }
      const changed = keep(head, kept)
      left = kept.left
      if (changed !== head) out = withHead(changed, data, end)
    }
    if (claim.pinned) this.#count(claim.address === address ? 'followed' : 'moved')
    else if (left) this.#count('issued')
    return out
  }

  #count(result: PinResult): void {
    this.result = result
    this.#rules.tally.pinned(result)
  }
}

function withHead(head: string, data: string | Buffer, end: number): string | Buffer {
  if (typeof data === 'string') return head + data.slice(end)
  return Buffer.concat([Buffer.from(head, 'latin1'), data.subarray(end)])
}

function pinMark(cookie: PinCookie, { name, cluster, wall }: AffinityParts): Mark {
  const pins = createPins({ ...cookie, scope: name })
  /** By key, what the id of each address is: made when a pin with that key comes, and after the membership has changed. */
  let known: readonly Member[] | undefined
  let addresses: Map<string, string>[] = []

  return markByCookie(cookie, {
    pins,
    wall,
    addressOf(id, key) {
      if (known !== cluster.members) {
        known = cluster.members
        addresses = []
      }
      const table = (addresses[key] ??= new Map(
        known.map(({ endpoint }) => [pins.idOf(endpoint.address, key), endpoint.address]),
      ))
      return table.get(id) ?? ''
    },
  })
}
