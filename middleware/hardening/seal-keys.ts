// The keys of `encrypt`: what an app may give, and what is derived from it.
import { hkdfSync, scryptSync } from 'node:crypto'

/**
 * 32 bytes (Buffer, 64 hex digits, or 43-44 characters of base64 or base64url), or a passphrase of at least 24
 * characters, which costs some hundred milliseconds at start.
 */
export type EncryptionKey = string | Uint8Array

/**
 * Of several the first encrypts and all decrypt. `'plaintext'` in the first place: nothing is encrypted yet, and what
 * other servers have encrypted can be read.
 */
export type Encrypt = EncryptionKey | readonly EncryptionKey[]

export interface SealKey {
  /** In the stored text, so that decrypting tries one key. Says nothing about the key. */
  readonly id: string
  readonly cipher: Buffer
  /** Makes nonces. */
  readonly nonce: Buffer
}

const BYTES = 32
const MIN_PASSPHRASE = 24
/** Fixed, so that all servers derive the same key; OWASP's cost for scrypt, since nothing else slows guessing. */
const SALT = 'outrigger sessions, encrypt'
const SCRYPT = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 }
const MAKE = `make one with: node -e "console.log(require('crypto').randomBytes(32).toString('base64'))"`

export interface SealKeys {
  /** Undefined: write plaintext. */
  readonly first: SealKey | undefined
  readonly byId: ReadonlyMap<string, SealKey>
}

/** Throws a TypeError that says what is wrong with which key, and nothing of what it is. */
export function sealKeys(encrypt: Encrypt): SealKeys {
  const given: readonly EncryptionKey[] = Array.isArray(encrypt) ? encrypt : [encrypt as EncryptionKey]
  const isPlain = given[0] === 'plaintext'
  const keys = (isPlain ? given.slice(1) : given).map((key, nth) =>
    derived(bytesOf(key, Array.isArray(encrypt) ? `encrypt[${isPlain ? nth + 1 : nth}]` : 'encrypt')),
  )
  if (keys.length === 0) throw new TypeError(`encrypt option must contain one or more keys; ${MAKE}`)
  const byId = new Map(keys.map(key => [key.id, key]))
  if (byId.size < keys.length) throw new TypeError('encrypt option contains the same key twice')
  return { first: isPlain ? undefined : keys[0], byId }
}

function bytesOf(key: unknown, option: string): Uint8Array {
  if (key instanceof Uint8Array) {
    if (key.length === BYTES) return key
    throw new TypeError(`${option} option must be ${BYTES} bytes, not ${key.length}; ${MAKE}`)
  }
  if (typeof key !== 'string')
    throw new TypeError(
      `${option} option must be a Buffer or a string, not ${key === null ? 'null' : typeof key}; ${MAKE}`,
    )
  if (key === 'plaintext') throw new TypeError(`${option} option: 'plaintext' may only stand first, before the keys`)
  if (/^[0-9a-f]{64}$/i.test(key)) return Buffer.from(key, 'hex')
  if (/^[\w+/-]{43}=?$/.test(key)) return Buffer.from(key, 'base64')
  if (key.length >= MIN_PASSPHRASE) return passphrase(key)
  throw new TypeError(
    `${option} option is ${key.length} characters long: neither ${BYTES} bytes in hex or base64, nor a passphrase of at least ${MIN_PASSPHRASE}; ${MAKE}`,
  )
}

const passphrases = new Map<string, Buffer>()

function passphrase(text: string): Buffer {
  let found = passphrases.get(text)
  if (found === undefined) passphrases.set(text, (found = scryptSync(text, SALT, BYTES, SCRYPT)))
  return found
}

/** RFC 5869: independent keys from one, so that what the nonces show says nothing about the cipher's key. */
function derived(key: Uint8Array): SealKey {
  const make = (what: string, length: number) =>
    Buffer.from(hkdfSync('sha256', key, '', `outrigger sessions v1 ${what}`, length))
  return { id: make('id', 6).toString('base64url'), cipher: make('cipher', BYTES), nonce: make('nonce', BYTES) }
}
