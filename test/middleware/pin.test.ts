import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { createPins, type Pin, type PinSettings } from '../../middleware/pin.ts'
import { seeded } from '../support/random.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000
const KEY = 'a key that is long enough'
const NEW_KEY = 'another one, and it is newer'

const pinsOf = (settings: Partial<PinSettings> = {}) =>
  createPins({ keys: [KEY], scope: 'web', idle: HOUR, life: 24 * HOUR, ...settings })

describe('pin', () => {
  const pins = pinsOf()
  const pin = pins.seal('10.0.0.7:3001', NOW, NOW)

  it('says where, since when, and when last', () => {
    const opened = pins.open(pins.seal('10.0.0.7:3001', NOW, NOW + 60_000), NOW + 61_000) as Pin
    expect(opened).to.deep.equal({ key: 0, id: pins.idOf('10.0.0.7:3001', 0), issuedAt: NOW, seenAt: NOW + 60_000 })
    expect(opened.id).not.to.equal(pins.idOf('10.0.0.7:3002', 0))
  })

  it('fits into a cookie as it is, and is short', () => {
    expect(pin).to.match(/^[A-Za-z0-9_-]{44}$/)
    for (const instance of ['unix:/run/web.sock', '[::1]:80', 'x'.repeat(1000)]) {
      expect(pins.seal(instance, NOW, NOW)).to.match(/^[A-Za-z0-9_-]{44}$/)
    }
  })

  it('does not tell the address: neither encoded nor as a hash that anybody can make', () => {
    const bytes = Buffer.from(pin, 'base64url')
    for (const address of ['10.0.0.7:3001', '10.0.0.7', '3001']) {
      expect(bytes.includes(address)).to.equal(false)
      for (const name of ['md5', 'sha1', 'sha256', 'sha512']) {
        const digest = createHash(name).update(address).digest()
        for (let at = 0; at + 4 <= digest.length; at++) {
          expect(bytes.includes(digest.subarray(at, at + 4)), `${name} of ${address}`).to.equal(false)
        }
      }
    }
    expect(pinsOf({ keys: [NEW_KEY] }).idOf('10.0.0.7:3001', 0)).not.to.equal(pins.idOf('10.0.0.7:3001', 0))
  })

  it('is alike for all who have the key, and for nobody else', () => {
    expect(pinsOf().open(pin, NOW)).to.deep.equal(pins.open(pin, NOW))
    expect(pinsOf({ keys: [NEW_KEY] }).open(pin, NOW)).to.equal('invalid')
    expect(pinsOf({ scope: 'orders' }).open(pin, NOW)).to.equal('invalid')
    expect(pinsOf({ scope: 'orders' }).idOf('a:1', 0)).not.to.equal(pins.idOf('a:1', 0))
  })

  it('is invalid when any bit of it is another', () => {
    const bytes = Buffer.from(pin, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(pins.open(changed.toString('base64url'), NOW), `bit ${bit}`).to.equal('invalid')
    }
  })

  it('is invalid when it is cut, longer, empty, or spelled otherwise', () => {
    for (let length = 0; length < pin.length; length++) {
      expect(pins.open(pin.slice(0, length), NOW)).to.equal('invalid')
      expect(pins.open(pin.slice(length + 1), NOW)).to.equal('invalid')
    }
    const spelled = [`${pin}A`, `${pin}=`, ` ${pin}`, `${pin}\n`, pin.toLowerCase(), '='.repeat(44), 'é'.repeat(44)]
    for (const text of spelled) expect(pins.open(text, NOW), text).to.equal('invalid')
    const plus = Array.from({ length: 50 }, (_, i) => pins.seal(`a:${i}`, NOW, NOW)).find(each => /[-_]/.test(each))!
    expect(pins.open(plus.replaceAll('-', '+').replaceAll('_', '/'), NOW)).to.equal('invalid')
  })

  it('is invalid when it is put together from two', () => {
    const a = Buffer.from(pins.seal('a:1', NOW, NOW), 'base64url')
    const b = Buffer.from(pins.seal('b:1', NOW - 1000, NOW), 'base64url')
    for (let cut = 6; cut < a.length; cut++) {
      const mixed = Buffer.concat([a.subarray(0, cut), b.subarray(cut)])
      if (mixed.equals(a) || mixed.equals(b)) continue
      expect(pins.open(mixed.toString('base64url'), NOW), `at ${cut}`).to.equal('invalid')
    }
  })

  it('is invalid whatever else there is, and never throws', () => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    const random = seeded(seed)
    for (let i = 0; i < 2000; i++) {
      const text = String.fromCharCode(...Array.from({ length: Math.floor(random() * 60) }, () => random() * 256))
      expect(pins.open(text, NOW), `seed ${seed}`).to.equal('invalid')
    }
  })

  it('ends when the client stays away, and when its time is over', () => {
    expect(pins.open(pin, NOW + HOUR)).to.be.an('object')
    expect(pins.open(pin, NOW + HOUR + 1000)).to.equal('expired')
    const busy = (now: number) => pins.open(pins.seal('a:1', NOW, now), now)
    expect(busy(NOW + 24 * HOUR)).to.be.an('object')
    expect(busy(NOW + 24 * HOUR + 1000)).to.equal('expired')
  })

  it('of a clock that is a little ahead is good, of one that is far ahead is not', () => {
    expect(pins.open(pins.seal('a:1', NOW + 60_000, NOW + 60_000), NOW)).to.be.an('object')
    expect(pins.open(pins.seal('a:1', NOW + HOUR, NOW + HOUR), NOW)).to.equal('expired')
  })

  it('of an older key is good while that key is believed, and says which one', () => {
    const both = pinsOf({ keys: [NEW_KEY, KEY] })
    const old = both.open(pin, NOW) as Pin
    expect(old).to.include({ key: 1, id: both.idOf('10.0.0.7:3001', 1) })
    const fresh = both.seal('10.0.0.7:3001', NOW, NOW)
    expect(both.open(fresh, NOW)).to.include({ key: 0 })
    expect(pins.open(fresh, NOW)).to.equal('invalid')
    expect(pinsOf({ keys: [NEW_KEY] }).open(pin, NOW)).to.equal('invalid')
  })

  it('wants a key, and a long one, and does not repeat what it was given', () => {
    expect(() => pinsOf({ keys: [] })).to.throw(TypeError, 'pin: there is no key')
    const short = 'fifteen-letters'
    expect(() => pinsOf({ keys: [KEY, short] })).to.throw(TypeError, 'pin: a key has fewer than 16 characters')
    expect(() => pinsOf({ keys: [short] })).not.to.throw(new RegExp(short))
  })
})
