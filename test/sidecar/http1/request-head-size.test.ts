import { expect } from 'chai'
import { REQUESTS } from '../../../fuzz/corpus.ts'
import { get, LIMITS, parseRequest } from './heads.ts'

describe('http1: request head, its size and its pieces', () => {
  const faultOf = (text: string) => parseRequest(text).fault

  describe('limits', () => {
    const padded = (size: number) => {
      const bare = get('X: ')
      return get(`X: ${'x'.repeat(size - bare.length)}`)
    }

    it('of the head are exact, and do not wait for its end', () => {
      expect(parseRequest(padded(LIMITS.head)).at).to.equal(LIMITS.head)
      expect(faultOf(padded(LIMITS.head + 1))).to.equal('head-too-large')
      expect(parseRequest(padded(LIMITS.head + 9).slice(0, LIMITS.head - 1)).at).to.equal(0)
      expect(faultOf(padded(LIMITS.head + 9).slice(0, LIMITS.head))).to.equal('head-too-large')
    })

    it('count the head alone, not what follows it', () => {
      expect(parseRequest(padded(LIMITS.head) + 'x'.repeat(99)).at).to.equal(LIMITS.head)
    })

    it('of the target are exact', () => {
      const target = (size: number) => `GET /${'x'.repeat(size - 1)} HTTP/1.1\r\nHost: a\r\n\r\n`
      expect(faultOf(target(LIMITS.target))).to.equal('')
      expect(faultOf(target(LIMITS.target + 1))).to.equal('target-too-long')
      expect(faultOf(target(LIMITS.target + 9).slice(0, LIMITS.target + 5))).to.equal('target-too-long')
    })

    it('of the fields are exact', () => {
      const many = (count: number) => get(...Array.from({ length: count - 1 }, () => 'X: 1'))
      expect(faultOf(many(LIMITS.fields))).to.equal('')
      expect(faultOf(many(LIMITS.fields + 1))).to.equal('too-many-fields')
      expect(parseRequest(many(2), { fields: 1 }).fault).to.equal('too-many-fields')
    })

    // Each of these once took between a tenth of a second and twelve seconds.
    for (const [what, line] of Object.entries({
      'blanks in TE': `TE: a${' '.repeat(16_000)}b`,
      'blanks in Transfer-Encoding': `Transfer-Encoding: a${' '.repeat(16_000)}b`,
      'commas in TE': `TE: ${','.repeat(16_000)}`,
      'commas in Connection': `Connection: ${' ,'.repeat(8000)}`,
      'names in Connection': `Connection: ${'a,'.repeat(8000)}b`,
      'dots in the target': `X: ${'../'.repeat(5000)}`,
    })) {
      it(`cost no more for a page of ${what}`, () => {
        const times = Array.from({ length: 10 }, () => {
          const start = performance.now()
          parseRequest(get(line))
          return performance.now() - start
        })
        // The quickest: the others may have shared their core.
        expect(Math.min(...times)).to.be.below(10)
      })
    }

    it('hold for what Connection names', () => {
      const named = (count: number) => get(`Connection: ${Array.from({ length: count }, (_, i) => `x${i}`)}`)
      expect(faultOf(named(64))).to.equal('')
      expect(faultOf(named(65))).to.equal('too-many-fields')
    })
  })

  it('is complete only when it is: every cut of every head', () => {
    for (const text of REQUESTS) {
      const whole = parseRequest(text)
      expect(whole.at, text).to.be.above(0)
      for (let end = 1; end < whole.at; end++)
        expect(parseRequest(text.slice(0, end)).at, text.slice(0, end)).to.equal(0)
      expect(parseRequest(text.slice(0, whole.at)).at).to.equal(whole.at)
    }
  })

  it('has the same fault from the byte on that shows it', () => {
    for (const text of [
      ...[
        'GET / HTTP/1.1\r\nHost: a\r\nX Y: 1\r\n\r\n',
        'GET / HTTP/1.1\r\nHost: a\n\r\n',
        'GET /\x7f HTTP/1.1\r\n\r\n',
      ],
      ...['GET / HTTP/3.0\r\nHost: a\r\n\r\n', get(' folded'), get('X: \0'), get('X: a\rb'), `\r\n\r\n\n${get()}`],
    ]) {
      const { fault } = parseRequest(text)
      expect(fault, text).to.not.equal('')
      const cuts = Array.from(text, (_, end) => parseRequest(text.slice(0, end)))
      const first = cuts.findIndex(cut => cut.at !== 0)
      expect(cuts.slice(first).map(cut => cut.fault)).to.deep.equal(cuts.slice(first).map(() => fault))
      expect(cuts.slice(1, first).every(cut => cut.at === 0)).to.equal(true)
    }
  })
})
