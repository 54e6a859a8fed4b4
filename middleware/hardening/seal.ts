// One session as encrypted text: `v1.` + key id + `.` + base64url(nonce, ciphertext, tag), all printable ASCII.
//
// AES-256-GCM with a synthetic nonce: the first 96 bits of HMAC-SHA-256(nonce key, id + text). The same text of the same
// session gives the same bytes, so that a writer can compare what is stored with what it has read and remembers nothing
// else. What is lost by that: who reads the store sees that a session is as it was some time before. What is not: GCM
// breaks when one nonce serves two texts, and two texts share one by chance only. With q texts under one key that is
// q^2 / 2^97: at 2^32 texts 2^-33, below the 2^-32 that NIST SP 800-38D section 8 allows random nonces; that is a
// thousand writes a second for 49 days, and 2^-26 after a year and a half. Whoever writes more rotates the key.
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import type { SealKey, SealKeys } from './seal-keys.ts'

const VERSION = 'v1.'
const ALGORITHM = 'aes-256-gcm'
const NONCE = 12
const TAG = 16

export interface Seal {
  /** As it is to be stored now. */
  seal(id: string, text: string): string
  /** Undefined: not readable with any of the keys, changed, or moved here from another id. */
  open(id: string, stored: string): string | undefined
}

export function createSeal({ first, byId }: SealKeys, encryptedOnly: boolean): Seal {
  return {
    // The claim of a writer (see writers.ts) stays outside: the script that puts it there has no key.
    seal(id, text) {
      if (first === undefined) return text
      const end = endOf(text)
      return encrypted(first, id, end === text.length ? text : text.slice(0, end)) + text.slice(end)
    },
    open(id, stored) {
      if (!stored.startsWith(VERSION)) return encryptedOnly ? undefined : stored
      const dot = stored.indexOf('.', VERSION.length)
      const key = byId.get(stored.slice(VERSION.length, dot))
      if (key === undefined) return undefined
      const end = endOf(stored)
      const text = decrypted(key, id, stored.slice(dot + 1, end))
      return text === undefined ? undefined : text + stored.slice(end)
    },
  }
}

function encrypted(key: SealKey, id: string, text: string): string {
  // The length first: no other id and text make the same bytes.
  const nonce = createHmac('sha256', key.nonce).update(`${id.length}:${id}`).update(text).digest().subarray(0, NONCE)
  const cipher = createCipheriv(ALGORITHM, key.cipher, nonce, { authTagLength: TAG }).setAAD(boundTo(key, id))
  const bytes = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return `${VERSION}${key.id}.${bytes.toString('base64url')}`
}

function decrypted(key: SealKey, id: string, blob: string): string | undefined {
  const bytes = Buffer.from(blob, 'base64url')
  if (bytes.length < NONCE + TAG) return undefined
  const decipher = createDecipheriv(ALGORITHM, key.cipher, bytes.subarray(0, NONCE), { authTagLength: TAG })
  decipher.setAAD(boundTo(key, id)).setAuthTag(bytes.subarray(-TAG))
  try {
    return decipher.update(bytes.subarray(NONCE, -TAG), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined
  }
}

/** Who can write to the store cannot give one session the content of another. */
function boundTo(key: SealKey, id: string): Buffer {
  return Buffer.from(`${VERSION}${key.id}.${id}`)
}

function endOf(text: string): number {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--
  return end
}
