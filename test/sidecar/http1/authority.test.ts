import { expect } from 'chai'
import { hostEnd, isAuthority } from '../../../sidecar/http1/authority.ts'

describe('http1: authority', () => {
  // Within a larger buffer: a bracket, a colon or a digit behind the end must not count.
  const check = (text: string) => {
    const [one, ...others] = ['[]:1', '1111', ':::1'].map(around => {
      const bytes = Buffer.from(around[0] + text + around.slice(1), 'latin1')
      return isAuthority(bytes, 1, 1 + text.length)
    })
    for (const other of others) expect(other).to.equal(one)
    return one
  }

  for (const good of [
    ...['a', 'a.b', 'a.b.', 'A-b_c~d', 'a:80', 'a:', 'a:0', 'a:65535', 'a:00080', '1.2.3.4', '1.2.3.4:5', '999', '-'],
    ...["!$&'()*+;=", 'a%20b', '%41', '%ff:1', '[::1]', '[::1]:80', '[::1]:', '[::ffff:1.2.3.4]', '[FE80::1]'],
    '[1111:2222:3333:4444:5555:6666:123.123.123.123]:65535',
  ]) {
    it(`is ${good}`, () => expect(check(good)).to.equal(true))
  }

  for (const bad of [
    ...[
      '',
      ':',
      ':80',
      'a b',
      'a\t',
      ' a',
      'a/b',
      'a?b',
      'a#b',
      'u@a',
      'u:p@a',
      'a\\b',
      'a"b',
      'a<b',
      'a^b',
      'a|b',
      '{a}',
    ],
    ...['a:b', 'a:-1', 'a:+1', 'a:65536', 'a:99999999999999999999', 'a:1:2', 'a: 1', 'a:1 ', 'a:0x1', '::1', 'a,b'],
    ...['%', 'a%', 'a%2', 'a%2g', 'a%g2', '%%41', '\xe4', 'a\0', 'a\x7f'],
    ...['[', '[]', '[]:80', '[::1', '::1]', '[::1]x', '[::1]80', '[::1]]', '[[::1]]', '[1.2.3.4]', '[a]', '[v1.a]'],
    ...['[::1%25eth0]', '[fe80::1%eth0]', '[::1%]', '[:::1]', '[1:2:3:4:5:6:7:8:9]', '[::g]', '[ ::1]', '[::1 ]'],
    `[${':'.repeat(100)}]`,
  ]) {
    it(`is not ${JSON.stringify(bad)}`, () => expect(check(bad)).to.equal(false))
  }

  it('ends its host at the colon of the port', () => {
    const end = (text: string) => hostEnd(Buffer.from(`${text}:1`), 0, text.length)
    expect(end('abc')).to.equal(3)
    expect(end('abc:80')).to.equal(3)
    expect(end('[::1]')).to.equal(5)
    expect(end('[::1]:80')).to.equal(5)
    expect(end(':80')).to.equal(0)
    expect(end('')).to.equal(0)
  })

  it('is no number of its own', () => {
    const seen = new Set<number>()
    for (let port = 0; port <= 70_000; port += 7) if (check(`a:${port}`)) seen.add(port)
    expect(Math.max(...seen)).to.equal(65_534)
    expect(seen.size).to.equal(Math.floor(65_535 / 7) + 1)
  })
})
