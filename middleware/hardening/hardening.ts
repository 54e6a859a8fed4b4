// `hashIds` and `encrypt` are drivers around a driver: the engine above knows of neither, nor does the store below.

import type { SessionStore } from '../stores/store.ts'
import { type HashIds, hashedIds } from './hashed-ids.ts'
import { createSeal } from './seal.ts'
import { type Encrypt, sealKeys } from './seal-keys.ts'
import { sealed } from './sealed.ts'

export interface HardeningOptions {
  /**
   * Keeps sessions under the SHA-256 of their id. `'read'` while other servers know no hashed ids, then `true`, which
   * moves the sessions that are there; `'only'` when all have moved. Default false.
   */
  hashIds?: HashIds | undefined
  /**
   * Encrypts what is stored (AES-256-GCM). Of several keys the first encrypts, all decrypt; `'plaintext'` as the first
   * writes plaintext and reads both. Needs a store of ours. Left out or false: plaintext. A TypeError when it is there and
   * undefined, as with an environment variable that is not set.
   */
  encrypt?: Encrypt | false | undefined
  /** With `encrypt`: what is stored as plaintext is no session. Default false. */
  encryptedOnly?: boolean | undefined
}

export interface Hardening {
  /** Takes ids as they are in the cookie. */
  byId(base: SessionStore): SessionStore
  /** Takes ids as they are in the store. */
  byKey(base: SessionStore): SessionStore
}

/** Undefined when nothing is asked for. Throws a TypeError for bad options, and for a store that cannot do it. */
export function hardening(options: HardeningOptions, driver: SessionStore): Hardening | undefined {
  const { hashIds = false, encryptedOnly = false } = options
  if ('encrypt' in options && options.encrypt === undefined)
    throw new TypeError(
      'encrypt option is undefined; is the environment variable set? For no encryption leave it out or say false',
    )
  const encrypt = options.encrypt === false ? undefined : options.encrypt
  if (typeof hashIds !== 'boolean' && hashIds !== 'read' && hashIds !== 'only')
    throw new TypeError(`hashIds option must be true, false, 'read' or 'only', not ${JSON.stringify(hashIds)}`)
  if (typeof encryptedOnly !== 'boolean')
    throw new TypeError(`encryptedOnly option must be true or false, not ${typeof encryptedOnly}`)
  if (encrypt === undefined && encryptedOnly) throw new TypeError('encryptedOnly option needs encrypt')
  if (!hashIds && encrypt === undefined) return undefined
  const keys = encrypt === undefined ? undefined : sealKeys(encrypt)
  if (keys && keys.first === undefined && encryptedOnly)
    throw new TypeError("encryptedOnly option contradicts 'plaintext' in encrypt")
  const seal = keys && createSeal(keys, encryptedOnly)

  const make = (base: SessionStore) => {
    if (seal && !base.compares)
      throw new TypeError(
        'encrypt needs a store that takes text: redis, RedisStore, the embedded or the in-process one. Other express-session stores take objects',
      )
    const byKey = seal ? sealed(base, seal) : base
    return { byKey, byId: hashIds ? hashedIds(byKey, hashIds) : byKey }
  }
  const made = new WeakMap<SessionStore, ReturnType<typeof make>>([[driver, make(driver)]])
  const of = (base: SessionStore) => {
    let found = made.get(base)
    if (found === undefined) made.set(base, (found = remade(make, base)))
    return found
  }
  return { byId: base => of(base).byId, byKey: base => of(base).byKey }
}

/** Somebody has replaced a method of a store in use. What cannot go on as configured fails by request, and loudly. */
function remade<T>(make: (base: SessionStore) => T, base: SessionStore): T {
  try {
    return make(base)
  } catch (error) {
    const fail = () => Promise.reject(error)
    return make({
      ...base,
      compares: true,
      add: fail,
      load: fail,
      create: fail,
      replace: fail,
      touch: fail,
      destroy: fail,
    })
  }
}
