// The signed note "this client lives at instance X", for a cookie. It knows no clock, no HTTP and no proxy. An instance
// is named by a keyed hash: a plain one of `10.0.0.7:3001` is found by trying all addresses, base64 gives it away.
import type { KeyObject } from 'node:crypto'

export interface PinSettings {
  /** The first signs, all are believed: a new key is put in front, and the old one goes when its pins have ended. */
  readonly keys: readonly string[]
  /** What the instances are instances of. A pin is worth nothing anywhere else. */
  readonly scope: string
  /** Milliseconds from the last sight of the client to the end of its pin. */
  readonly idle: number
  /** Milliseconds from the issue of a pin to its end, whatever comes in between. */
  readonly life: number
}

export interface Pin {
  /** Which of the keys has signed it; 0 is the one that signs now. */
  readonly key: number
  /** What `idOf` says of the instance with that key. */
  readonly id: string
  /** Milliseconds since 1970, to whole seconds. */
  readonly issuedAt: number
  readonly seenAt: number
}

/** `invalid`: not ours, cut, changed, of another scope, or of a key that is not believed any more. */
export type NoPin = 'invalid' | 'expired'

export interface Pins {
  /** How many keys are believed. */
  readonly keys: number
  /** `key`: an index into the keys. Takes some microseconds. */
  idOf(instance: string, key: number): string
  /** Times in milliseconds since 1970. 44 characters of base64url. */
  seal(instance: string, issuedAt: number, seenAt: number): string
  /** `now` in milliseconds since 1970. */
  open(text: string, now: number): Pin | NoPin
}

/** Characters of a key, at least: with fewer, it can be found by trying. */
export const LEAST_KEY = 16

/**
 * @throws TypeError without a key, or with one of fewer than 16 characters.
 *
 * A pin is, in base64url: version (1 byte, 1), issued at, seen at (seconds, 4 bytes each), id (8 bytes), and 16 bytes of
 * HMAC-SHA-256 over all that. 33 bytes are 44 characters with no bit to spare: every pin has one spelling.
 */
export function createPins({ keys, scope, idle, life }: PinSettings): Pins {
  crypto ??= process.getBuiltinModule('node:crypto')
  if (keys.length === 0) throw new TypeError('pin: there is no key; expected one or more')
  const signers = keys.map(key => signerOf(key, scope))

  return {
    keys: keys.length,
    idOf: (instance, key) => idOf(signers[key]!, instance).toString('base64url'),
    seal(instance, issuedAt, seenAt) {
      const pin = Buffer.alloc(SIZE)
      pin[0] = VERSION
      pin.writeUInt32BE(Math.floor(issuedAt / 1000), ISSUED)
      pin.writeUInt32BE(Math.floor(seenAt / 1000), SEEN)
      idOf(signers[0]!, instance).copy(pin, ID)
      macOf(signers[0]!, pin).copy(pin, MAC)
      return pin.toString('base64url')
    },
    open(text, now) {
      // Node's decoder takes more than one spelling.
      if (!/^[A-Za-z0-9_-]{44}$/.test(text)) return 'invalid'
      const pin = Buffer.from(text, 'base64url')
      if (pin[0] !== VERSION) return 'invalid'
      const key = signers.findIndex(signer => crypto.timingSafeEqual(macOf(signer, pin), pin.subarray(MAC)))
      if (key < 0) return 'invalid'
      const issuedAt = pin.readUInt32BE(ISSUED) * 1000
      const seenAt = pin.readUInt32BE(SEEN) * 1000
      if (now - issuedAt > life || now - seenAt > idle || seenAt - now > SKEW_MS) return 'expired'
      return { key, id: pin.toString('base64url', ID, MAC), issuedAt, seenAt }
    },
  }
}

/** Loaded by the first who makes pins: it is 1 MB, which a sidecar where nothing is sticky does not need. */
let crypto: typeof import('node:crypto')

const VERSION = 1
const ISSUED = 1
const SEEN = 5
const ID = 9
const MAC = 17
const SIZE = 33
/** The clocks of two proxies may differ by so much. Beyond it a pin of the future would be one without an end. */
const SKEW_MS = 300_000

interface Signer {
  readonly ids: KeyObject
  readonly macs: KeyObject
}

/** One key for each purpose and scope: what is made for one says nothing of the other. */
function signerOf(key: string, scope: string): Signer {
  if (typeof key !== 'string' || key.length < LEAST_KEY) {
    throw new TypeError(`pin: a key has fewer than ${LEAST_KEY} characters`)
  }
  const derived = (purpose: string) =>
    crypto.createSecretKey(
      crypto.createHmac('sha256', key).update(`outrigger pin ${VERSION} ${purpose}\0${scope}`).digest(),
    )
  return { ids: derived('id'), macs: derived('mac') }
}

function idOf({ ids }: Signer, instance: string): Buffer {
  return crypto
    .createHmac('sha256', ids)
    .update(instance)
    .digest()
    .subarray(0, MAC - ID)
}

function macOf({ macs }: Signer, pin: Buffer): Buffer {
  return crypto
    .createHmac('sha256', macs)
    .update(pin.subarray(0, MAC))
    .digest()
    .subarray(0, SIZE - MAC)
}
