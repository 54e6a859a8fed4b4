// What an app may set for sticky(), and what follows from it.

import { refuseUnknown } from '../option-names.ts'
import { LEAST_KEY } from '../pin.ts'
import { LONGEST_TIMER } from '../process/milliseconds.ts'
import type { CookieOptions } from '../sessions/cookie.ts'
import type { RedisSource } from '../stores/redis-source.ts'
import { isAddress } from './forward-peer.ts'

export interface StickyOptions {
  /**
   * Signs pins, and what instances tell each other; the same in all of them. Of several the first signs, all are believed:
   * put a new one second everywhere, then first, and take the old one out after `life`. 16 characters at least.
   */
  key: string | readonly string[]
  /** This instance. With `instances`, its name is enough. */
  instance?: InstanceOptions | undefined
  /** Where instances announce themselves: as for sessions. Either this or `instances`. */
  redis?: RedisSource | undefined
  /** All instances, this one too: addresses by name. For where they never change. */
  instances?: Readonly<Record<string, string>> | undefined
  /** What the instances are instances of: apps that share a Redis, or a key, need names of their own. Default `app`. */
  service?: string | undefined
  /** Of the cookie. Default `outrigger_pin`. */
  name?: string | undefined
  /** Attributes of the cookie. Default: HttpOnly, SameSite=Lax, Path=/, and Secure if the client came by TLS. */
  cookie?: Pick<CookieOptions, 'path' | 'domain' | 'secure' | 'sameSite' | 'partitioned'> | undefined
  /** Whether X-Forwarded-Proto says if the client came by TLS. Unset: `req.secure` says it. */
  proxy?: boolean | undefined
  /** Milliseconds from the last sight of a client to the end of its pin. Default 3600000, an hour. */
  idle?: number | undefined
  /** Milliseconds from the issue of a pin to its end. Default 86400000, a day. */
  life?: number | undefined
  /** Milliseconds between two announcements in Redis; an instance that misses five is gone. Default 2000. */
  heartbeat?: number | undefined
  /** Milliseconds that the owner has for its answer, once it has the whole request; then 504. Default 60000. */
  timeout?: number | undefined
}

export interface InstanceOptions {
  /**
   * What it is in pins: who comes back under the same name gets its clients back. Default: the address. Then pins are those
   * of a sidecar with the same key, whose service is called as `service` says.
   */
  name?: string | undefined
  /**
   * `host:port` or `unix:/path` at which the other instances reach this one, by HTTP without TLS. Never guessed. Default: the
   * variable OUTRIGGER_ADDRESS.
   */
  address?: string | undefined
}

export interface StickySettings {
  readonly keys: readonly string[]
  readonly self: { readonly name: string; readonly address: string }
  readonly redis: RedisSource | undefined
  readonly instances: Readonly<Record<string, string>>
  readonly service: string
  readonly name: string
  readonly cookie: CookieOptions
  readonly proxy: boolean | undefined
  readonly idle: number
  readonly life: number
  readonly heartbeat: number
  readonly timeout: number
}

/** Records, so that none is forgotten. */
const OPTIONS: Readonly<Record<keyof StickyOptions, true>> = {
  ...{ key: true, instance: true, redis: true, instances: true, service: true, name: true, cookie: true },
  ...{ proxy: true, idle: true, life: true, heartbeat: true, timeout: true },
}
const OF_INSTANCE: Readonly<Record<keyof InstanceOptions, true>> = { name: true, address: true }

/** Throws a TypeError that names the option. */
export function stickySettings(options: StickyOptions): StickySettings {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`sticky: options must be an object, not ${kindOf(options)}`)
  refuseUnknown('sticky', options, Object.keys(OPTIONS))
  const keys = keysOf(options.key)
  const { redis, instances, service = 'app', name = 'outrigger_pin', cookie = {}, proxy } = options
  if ((redis === undefined) === (instances === undefined))
    throw new TypeError(
      `sticky: ${redis === undefined ? 'redis or instances is needed' : 'either redis or instances, not both'}`,
    )
  if (typeof service !== 'string' || service === '')
    throw new TypeError(`sticky: service must be a name, not ${kindOf(service)}`)
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
    throw new TypeError(`sticky: name must be that of a cookie (RFC 6265 section 4.1.1), not ${kindOf(name)}`)
  if (typeof cookie !== 'object' || cookie === null)
    throw new TypeError(`sticky: cookie must be an object, not ${kindOf(cookie)}`)
  return {
    keys,
    self: selfOf(options),
    redis,
    instances: instances ?? {},
    service,
    name,
    cookie,
    proxy,
    idle: milliseconds('idle', options.idle, 3_600_000),
    life: milliseconds('life', options.life, 86_400_000),
    heartbeat: milliseconds('heartbeat', options.heartbeat, 2_000, LONGEST_TIMER),
    timeout: milliseconds('timeout', options.timeout, 60_000, LONGEST_TIMER),
  }
}

const MAKE = 'openssl rand -base64 32'

function keysOf(key: unknown): readonly string[] {
  if (key === undefined)
    throw new TypeError(`sticky: key is needed, at least ${LEAST_KEY} characters; make one with: ${MAKE}`)
  const keys = Array.isArray(key) ? key : [key]
  if (keys.length === 0) throw new TypeError('sticky: key is an empty list; one or more are needed')
  for (const each of keys) {
    if (typeof each !== 'string') throw new TypeError(`sticky: key must be a string or several, not ${kindOf(each)}`)
    if (each.length < LEAST_KEY)
      throw new TypeError(
        `sticky: key is ${each.length} characters long, at least ${LEAST_KEY} are needed; make one with: ${MAKE}`,
      )
  }
  return keys
}

function selfOf({ instance = {}, instances }: StickyOptions): StickySettings['self'] {
  if (typeof instance !== 'object' || instance === null)
    throw new TypeError(`sticky: instance must be { name, address }, not ${kindOf(instance)}`)
  refuseUnknown('sticky: instance', instance, Object.keys(OF_INSTANCE))
  if (instances !== undefined) {
    for (const [name, address] of Object.entries(instances)) checkAddress(`instances.${name}`, address)
    const name = instance.name ?? Object.keys(instances).find(each => instances[each] === addressOf(instance))
    if (name === undefined || instances[name] === undefined)
      throw new TypeError(`sticky: instance.name must be one of instances, not ${name ?? 'undefined'}`)
    return { name, address: instances[name] }
  }
  const address = addressOf(instance)
  if (address === undefined)
    throw new TypeError(
      'sticky: instance.address is needed: host:port at which the other instances reach this one (or OUTRIGGER_ADDRESS)',
    )
  checkAddress('instance.address', address)
  const { name = address } = instance
  if (typeof name !== 'string' || !/^[\x21-\x7e]+$/.test(name))
    throw new TypeError(`sticky: instance.name must be visible ASCII without spaces, not ${kindOf(name)}`)
  return { name, address }
}

function addressOf({ address }: InstanceOptions): string | undefined {
  return address ?? process.env.OUTRIGGER_ADDRESS
}

/** What `${process.env.HOST}:3000` says where there is no HOST: it would be announced, and reach nobody. */
const NO_HOST = /^(?:undefined|null)?:\d*$/

function checkAddress(option: string, address: unknown): void {
  if (typeof address === 'string' && NO_HOST.test(address))
    throw new TypeError(`sticky: ${option} has no host: ${JSON.stringify(address)}; is the environment variable set?`)
  if (!isAddress(address))
    throw new TypeError(`sticky: ${option} must be host:port or unix:/path, not ${kindOf(address)}`)
}

/** The life of a pin is no timer's. */
function milliseconds(option: string, value: number | undefined, usual: number, most = Number.MAX_VALUE): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && value > 0 && value <= most) return value
  const upTo = most === LONGEST_TIMER ? ` and at most ${LONGEST_TIMER}` : ''
  throw new TypeError(`sticky: ${option} must be milliseconds above 0${upTo}, not ${kindOf(value)}`)
}

function kindOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number'
    ? JSON.stringify(value)
    : value === null
      ? 'null'
      : typeof value
}
