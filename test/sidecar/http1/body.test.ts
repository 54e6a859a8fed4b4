import { expect } from 'chai'
import { type BodyReading, readBody } from '../../../fuzz/our-body.ts'
import { Body } from '../../../sidecar/http1/body.ts'

type Begin = (body: Body) => void
const framed: Begin = body => body.chunks(false)
const bare: Begin = body => body.chunks(true)
const counted = (bytes: number): Begin => {
  return body => body.length(bytes)
}

/** Reads behind a prefix, in pieces that end at these places of the text. */
function read(begin: Begin, text: string, ...ends: readonly number[]): BodyReading & { chunked: boolean } {
  const body = new Body()
  begin(body)
  const bytes = Buffer.from(`5\r\n${text}`, 'latin1')
  const reading = readBody(body, { bytes, from: 3, cuts: [...ends, text.length].map(end => end + 3) }, 3)
  return { ...reading, at: reading.at - 3, chunked: body.chunked }
}

describe('http1: body', () => {
  describe('of a known length', () => {
    it('takes just that', () => {
      expect(read(counted(5), 'helloGET /')).to.include({ passed: 'hello', tail: '', done: true, fault: '', at: 5 })
      expect(read(counted(5), 'hell')).to.include({ passed: 'hell', done: false, at: 4 })
      expect(read(counted(0), 'GET /')).to.include({ passed: '', done: true, at: 0 })
      expect(read(counted(999_999_999_999_999), 'x')).to.include({ passed: 'x', done: false })
    })

    it('can be cut anywhere', () => {
      for (let cut = 0; cut <= 6; cut++) expect(read(counted(5), 'hello!', cut)).to.include({ passed: 'hello', at: 5 })
    })
  })

  it('that is none takes nothing', () => {
    expect(read(body => body.none(), 'GET /')).to.include({ passed: '', done: true, at: 0, chunked: false })
  })

  it('that ends with the connection takes all', () => {
    const body = new Body()
    body.closeDelimited()
    expect(body.untilClose).to.equal(true)
    expect(read(each => each.closeDelimited(), 'a\r\n0\r\n\r\n', 3)).to.include({
      passed: 'a\r\n0\r\n\r\n',
      done: false,
    })
  })

  describe('in chunks', () => {
    it('passes as it came', () => {
      const text = '5\r\nhello\r\n000A\r\n0123456789\r\n1\r\n\n\r\n0\r\n\r\n'
      expect(read(framed, `${text}GET /`)).to.include({
        passed: text,
        tail: '',
        done: true,
        fault: '',
        at: text.length,
      })
      expect(read(framed, text).chunked).to.equal(true)
    })

    it('marks exact ranges, and stops before what must not pass', () => {
      const body = new Body()
      body.chunks(false)
      const bytes = Buffer.from('3;x=y\r\nabc\r\n0\r\nX: 1\r\n\r\nGET')
      const steps: unknown[] = []
      for (let at = 0; !body.done; ) {
        const next = body.next(bytes, at, bytes.length)
        steps.push([at, body.from, body.to, next])
        at = next
      }
      expect(steps).to.deep.equal([
        [0, 0, 1, 1],
        [1, 5, 15, 15],
        [15, 23, 23, 23],
      ])
      expect(body.tail).to.equal('X: 1\r\n\r\n')
    })

    it('loses its extensions', () => {
      for (const extension of [';', ';a', ';a=b', ';a="b;c"', '; a = b ;c', ';\xff\t', `;${'x'.repeat(255)}`]) {
        const { passed, fault } = read(framed, `3${extension}\r\nabc\r\n0${extension}\r\n\r\n`)
        expect([passed, fault], extension).to.deep.equal(['3\r\nabc\r\n0\r\n\r\n', ''])
      }
    })

    it('loses the trailers that may not be there', () => {
      const { passed, tail, at } = read(framed, '0\r\nA: 1\r\nContent-Length: 5\r\nB: 2\r\n\r\nGET /')
      expect([passed, tail, at]).to.deep.equal(['0\r\n', 'A: 1\r\nB: 2\r\n\r\n', 36])
    })

    it('is not confused by what follows its trailers', () => {
      const next = 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\n'
      expect(read(framed, `0\r\nA: 1\r\n\r\n${next}`)).to.include({ tail: 'A: 1\r\n\r\n', fault: '', at: 11 })
    })

    for (const size of [
      ...[
        '',
        ' ',
        ' 5',
        '5 ',
        '5\t',
        '+5',
        '-5',
        '0x5',
        'x',
        'g',
        '5g',
        '5.',
        '5,5',
        '5\n',
        '\n5',
        '5\r',
        '\r5',
        '"5"',
      ],
      ...['５', '\xb2', '5\0', '5\v', `${'0'.repeat(64)}5`, '20000000000000', 'ffffffffffffffff', '10000000000000005'],
      ...['5;\0', '5;\n', '5;a\n', '5;\x7f', '5;\r', '5;a\rb', `5;${'x'.repeat(256)}`, '5 ;a', ';a'],
    ]) {
      it(`has no chunk of size ${JSON.stringify(size)}`, () => {
        const text = `${size}\r\nhello\r\n0\r\n\r\n`
        expect(read(framed, text).fault).to.equal('bad-chunk')
        expect(read(bare, text).fault).to.equal('bad-chunk')
      })
    }

    it('has chunks of up to 16 digits, and of no more than can be counted', () => {
      expect(read(framed, '0000000000000005\r\nhello\r\n0\r\n\r\n')).to.include({ done: true, fault: '' })
      expect(read(framed, '1fffffffffffff\r\nx')).to.include({ done: false, fault: '' })
    })

    it('has CRLF behind every chunk and nowhere else', () => {
      for (const text of [
        '5\r\nhelloX',
        '5\r\nhello\n',
        '5\r\nhello\rX',
        '5\r\nhello\r\r',
        '5\r\nhello!\r\n',
        '5\r\nhell\r\n0\r\n\r\n',
      ])
        expect(read(framed, text).fault, text).to.equal('bad-chunk')
    })

    it('ends with an empty line', () => {
      for (const text of ['0\r\n\n', '0\r\n\r\r', '0\r\n\rX', '0\n\r\n', '0\r\r\n\r\n']) {
        expect(read(framed, `${text}    `), text).to.include({ done: false })
        expect(read(framed, `${text}    `).fault, text).to.be.oneOf(['bad-chunk', 'bad-trailer'])
      }
      expect(read(framed, '0\r\n')).to.include({ done: false, fault: '' })
    })

    for (const bad of ['A b: 1\r\n', 'A: 1\n', ' A: 1\r\n', 'A: 1\r\n b\r\n', 'A: \0\r\n', 'A:\r\r\n', 'A\r\n']) {
      it(`refuses the trailer ${JSON.stringify(bad)}`, () => {
        expect(read(framed, `0\r\n${bad}\r\n`)).to.include({ fault: 'bad-trailer', done: false, tail: '' })
        expect(read(bare, `0\r\n${bad}\r\n`)).to.include({ fault: 'bad-trailer', done: false })
      })
    }

    it('has a limit for its trailers, complete or not', () => {
      const section = (size: number) => `X: ${'x'.repeat(size - 7)}\r\n\r\n`
      expect(read(framed, `0\r\n${section(8192)}`)).to.include({ done: true, tail: section(8192) })
      expect(read(framed, `0\r\n${section(8194)}`)).to.include({ done: false, fault: 'bad-trailer' })
      expect(read(framed, `0\r\n${section(9999).slice(0, 8193)}`)).to.include({ fault: 'bad-trailer' })
      expect(read(framed, `0\r\n${section(9999).slice(0, 8192)}`)).to.include({ fault: '', done: false })
    })

    it('may be limited: what a chunk announces counts', () => {
      const limited = (bytes: number, text: string) =>
        read(body => {
          body.chunks(false)
          body.allow(bytes)
        }, text).fault
      expect(limited(8, '5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n')).to.equal('')
      expect(limited(7, '5\r\nhello\r\n3\r\n')).to.equal('body-too-large')
      expect(limited(4, '5\r\n')).to.equal('body-too-large')
      expect(limited(0, '0\r\n\r\n')).to.equal('')
      expect(limited(8, '5;x\r\nhello\r\n4;x\r\n')).to.equal('body-too-large')
    })

    it('without its framing is its content', () => {
      const text = '5;x\r\nhello\r\n1\r\n\r\r\n2\r\n\r\n\r\n0\r\nA: 1\r\n\r\nGET /'
      expect(read(bare, text)).to.include({
        passed: 'hello\r\r\n',
        tail: '',
        done: true,
        fault: '',
        at: text.length - 5,
      })
    })
  })

  describe('in pieces', () => {
    for (const text of [
      '3\r\nabc\r\n0\r\n\r\n',
      '3;a="b"\r\nabc\r\n1;c\r\nd\r\n0;e\r\n\r\n',
      '1\r\n\r\r\n2\r\n\r\n\r\n0\r\nX: 1\r\nTE: x\r\nY:2\r\n\r\n',
      'a\r\n0123456789\r\n0\r\nX:\r\n\r\nGET / HTTP/1.1\nHost: a\r\n\r\n',
      '3\r\nabc\r\n3 \r\nabc\r\n',
      '3\r\nabc\n0\r\n\r\n',
      '0\r\nA: 1\r\nB : 2\r\n\r\n',
      '0\r\n\n',
      // A fault in a line that has not ended: it is noticed at its end, however the bytes come.
      '0\r\nA: 1\r\nB: \f',
    ]) {
      it(`is the same at every two cuts: ${JSON.stringify(text)}`, () => {
        for (const begin of [framed, bare]) {
          const { passed, tail, done, fault, at } = read(begin, text)
          for (let a = 0; a <= text.length; a++) {
            for (let b = a; b <= text.length; b++) {
              const cut = read(begin, text, a, b)
              expect(cut, `${a}, ${b}`).to.include({ passed, tail, done, fault })
              if (done) expect(cut.at).to.equal(at)
            }
          }
        }
      })

      it(`is the same byte by byte: ${JSON.stringify(text)}`, () => {
        const ends = Array.from(text, (_, i) => i + 1)
        for (const begin of [framed, bare]) {
          const { passed, tail, done, fault } = read(begin, text)
          expect(read(begin, text, ...ends)).to.include({ passed, tail, done, fault })
        }
      })
    }
  })

  it('can be used again, whatever the one before left behind', () => {
    const body = new Body()
    for (const before of ['5;abc', '5\r\nhel', '0\r\nX: unfinished', '5\r\nhelloX', 'zz', '7']) {
      for (const wasBare of [true, false]) {
        body.chunks(wasBare)
        body.allow(3)
        const bytes = Buffer.from(before)
        for (let at = 0, n = 0; at < bytes.length && body.fault === 0 && n < 9; n++)
          at = body.next(bytes, at, bytes.length)
        body.chunks(false)
        const again = Buffer.from('5\r\nhello\r\n0\r\nA: 1\r\n\r\n')
        const reading = readBody(body, { bytes: again, from: 0, cuts: [again.length] }, 0)
        expect(reading, before).to.include({
          passed: '5\r\nhello\r\n0\r\n',
          tail: 'A: 1\r\n\r\n',
          done: true,
          fault: '',
        })
        body.length(2)
        const counts = readBody(body, { bytes: Buffer.from('abc'), from: 0, cuts: [3] }, 0)
        expect(counts, before).to.include({ passed: 'ab', tail: '', done: true, at: 2 })
      }
    }
  })
})
