import { expect } from 'chai'
import { RESPONSES } from '../../../fuzz/corpus.ts'
import { ok, parseResponse } from './heads.ts'

describe('http1: response head', () => {
  const faultOf = (text: string) => parseResponse(text).fault
  const line = (text: string) => faultOf(`${text}\r\n\r\n`)

  it('is version, status and reason', () => {
    const { at, head, bytes } = parseResponse('HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nmore')
    expect(at).to.equal('HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n'.length)
    expect([head.status, head.minor, head.fields.count]).to.deep.equal([404, 1, 1])
    expect(bytes.toString('latin1', head.start, head.fieldsStart)).to.equal('HTTP/1.1 404 Not Found\r\n')
    expect(bytes.toString('latin1', head.fieldsStart, head.end)).to.equal('A: b\r\n\r\n')
    expect(parseResponse('HTTP/1.0 200 OK\r\n\r\n').head.minor).to.equal(0)
  })

  for (const good of ['HTTP/1.1 200 ', 'HTTP/1.1 200', 'HTTP/1.1 100 x', 'HTTP/1.1 599 \xe4 \t', 'HTTP/1.0 200  a']) {
    it(`takes ${JSON.stringify(good)}`, () => expect(line(good)).to.equal(''))
  }

  for (const bad of [
    ...['HTTP/1.2 200 OK', 'HTTP/2.0 200 OK', 'HTTP/0.9 200 OK', 'http/1.1 200 OK', 'ICY 200 OK', 'HTTP/1.1  200 OK'],
    ...['HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 099 OK', 'HTTP/1.1 -10 OK', 'HTTP/1.1 2x0 OK'],
    ...[
      'HTTP/1.1\t200 OK',
      'HTTP/1.1 200\tOK',
      'HTTP/1.1 200OK',
      ' HTTP/1.1 200 OK',
      '\r\nHTTP/1.1 200 OK',
      'HTTP/1.1',
    ],
    // HTTP/1.0 has no interim responses
    ...['HTTP/1.0 100 Continue', 'HTTP/1.0 103 x', 'HTTP/1.0 199 x'],
  ]) {
    it(`refuses ${JSON.stringify(bad)}`, () => expect(line(bad)).to.equal('bad-status-line'))
  }

  for (const bad of [
    'HTTP/1.1 200 a\0',
    'HTTP/1.1 200 a\nb',
    'HTTP/1.1 200 a\rb',
    'HTTP/1.1 200 \x7f',
    'HTTP/1.1 200\r',
  ]) {
    it(`refuses ${JSON.stringify(bad)}`, () => expect(line(bad)).to.equal('bad-line-ending'))
  }

  describe('framing', () => {
    const frame = (...lines: string[]) => {
      const { head, fault } = parseResponse(ok(...lines))
      return fault === '' ? [head.length, head.chunked] : fault
    }

    it('is Content-Length, or chunked, or the end', () => {
      expect(frame()).to.deep.equal([-1, false])
      expect(frame('Content-Length: 42')).to.deep.equal([42, false])
      expect(frame('transfer-encoding: CHUNKED')).to.deep.equal([-1, true])
    })

    it('is never ambiguous', () => {
      expect(frame('Content-Length: 5', 'Transfer-Encoding: chunked')).to.equal('ambiguous-framing')
      expect(frame('Transfer-Encoding: chunked', 'Content-Length: 5')).to.equal('ambiguous-framing')
      expect(frame('Content-Length: 5', 'Content-Length: 5')).to.equal('duplicate-content-length')
      expect(frame('Content-Length: +5')).to.equal('bad-content-length')
      expect(frame('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')).to.equal('bad-transfer-encoding')
      expect(frame('Transfer-Encoding: gzip, chunked')).to.equal('bad-transfer-encoding')
      expect(frame('Transfer-Encoding: identity')).to.equal('bad-transfer-encoding')
      expect(frame('Transfer-Encoding:')).to.equal('bad-transfer-encoding')
      expect(frame('Content_Length: 5')).to.equal('ambiguous-field-name')
      expect(faultOf('HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')).to.equal('transfer-encoding-in-http-1.0')
    })
  })

  it('says how long the server keeps the connection', () => {
    const hint = (value: string) => parseResponse(ok(`Keep-Alive: ${value}`)).head.keepAliveHint
    expect(hint('timeout=5')).to.equal(5000)
    expect(hint('max=100, Timeout = 15')).to.equal(15_000)
    expect(hint('timeout=0')).to.equal(0)
    expect(hint('timeout=999999,max=1')).to.equal(999_999_000)
    for (const none of ['', 'max=5', 'timeout=', 'timeout=-1', 'timeout=1234567', 'xtimeout=5', 'timeout=5s']) {
      expect(hint(none), none).to.equal(-1)
    }
    expect(parseResponse(ok()).head.keepAliveHint).to.equal(-1)
  })

  it('says what Connection and Upgrade say', () => {
    const { head } = parseResponse(ok('Connection: close, X', 'Upgrade: websocket'))
    expect({ ...head.connection }).to.deep.equal({ close: true, keepAlive: false, upgrade: false, named: ['x'] })
    expect(head.upgrade).to.equal(1)
    expect(parseResponse(ok('Upgrade: a', 'Upgrade: b')).head.upgrade).to.equal(-2)
  })

  it('has limits', () => {
    const text = ok('A: b')
    expect(parseResponse(text, text.length).at).to.equal(text.length)
    expect(parseResponse(text, text.length - 1).fault).to.equal('head-too-large')
    expect(parseResponse(text.slice(0, -1), text.length).at).to.equal(0)
    const many = (count: number) => ok(...Array.from({ length: count }, () => 'A: b'))
    expect(faultOf(many(256))).to.equal('')
    expect(faultOf(many(257))).to.equal('too-many-fields')
  })

  it('costs no more when Connection names a page of fields', () => {
    const text = ok(`Connection: ${'a,'.repeat(30_000)}b`)
    const start = performance.now()
    expect(faultOf(text)).to.equal('too-many-fields')
    // Once it took twelve seconds.
    expect(performance.now() - start).to.be.below(500)
  })

  it('is complete only when it is: every cut of every head', () => {
    for (const text of RESPONSES) {
      const whole = parseResponse(text)
      expect(whole.at, text).to.be.above(0)
      for (let end = 1; end < whole.at; end++) expect(parseResponse(text.slice(0, end)).at, text).to.equal(0)
    }
  })
})
