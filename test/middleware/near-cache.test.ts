// What is kept, and for how long: exactly, in counted time.
import { assert } from 'chai'
import { nearCache } from '../../middleware/stores/near-cache.ts'

describe('near-cache', () => {
  const limits = { maxAge: 1_000, maxSessions: 3, maxBytes: 10_000 }
  const add = (cache: ReturnType<typeof nearCache>, key: string, json = '{}', left = 500) =>
    cache.fill(key, cache.expect(key), { json, left }, 0)

  it('keeps the most recently used, up to a number', () => {
    const cache = nearCache(limits)
    for (const key of 'abc') add(cache, key)
    cache.find('a', 0)
    add(cache, 'd')
    assert.deepEqual(
      [...'abcd'].map(key => cache.find(key, 0)?.json),
      ['{}', undefined, '{}', '{}'],
    )
  })

  it('keeps no more bytes than it may, and counts them back', () => {
    const cache = nearCache({ ...limits, maxSessions: 1e6 })
    for (let nth = 0; nth < 100; nth++) {
      add(cache, `${nth}`, 'x'.repeat(nth * 37))
      assert.isAtMost(cache.bytes, 10_000)
    }
    assert.isAbove(cache.size, 1)
    const before = cache.size
    add(cache, 'huge', 'x'.repeat(10_000))
    assert.isUndefined(cache.find('huge', 0))
    assert.isAtLeast(cache.size, before - 1)
    for (let nth = 0; nth < 100; nth++) cache.drop(`${nth}`)
    assert.deepEqual([cache.size, cache.bytes], [0, 0])
    add(cache, 'wide', '\u20ac'.repeat(100))
    const wide = cache.bytes
    cache.clear()
    add(cache, 'slim', 'x'.repeat(100))
    assert.equal(wide - cache.bytes, 100)
  })

  it('serves nothing past its age, nor past the end of the session', () => {
    const cache = nearCache(limits)
    add(cache, 'aged', '{}', 5_000)
    add(cache, 'ended', '{}', 500)
    add(cache, 'forever', '{}', -1)
    assert.deepEqual(
      ['aged', 'ended', 'forever'].map(key => cache.find(key, 499)?.json),
      ['{}', '{}', '{}'],
    )
    assert.isUndefined(cache.find('ended', 500)?.json)
    assert.isDefined(cache.find('aged', 999))
    assert.isUndefined(cache.find('aged', 1_000))
    assert.isUndefined(cache.find('forever', 1_000))
    assert.deepEqual([cache.size, cache.bytes], [0, 0])
  })

  it('does not keep the answer to a read that was overtaken', () => {
    const cache = nearCache(limits)
    const overtake: [string, () => void][] = [
      ['a change', () => cache.drop('a')],
      ['a loss', () => cache.clear()],
      ['a later read', () => cache.expect('a')],
      ['others', () => void [...'xyz'].map(key => add(cache, key))],
    ]
    for (const [what, happens] of overtake) {
      const entry = cache.expect('a')
      happens()
      cache.fill('a', entry, { json: '{}', left: 500 }, 0)
      assert.isUndefined(cache.find('a', 0), what)
      cache.clear()
    }
  })
})
