import { expect } from 'chai'
import { get, parseRequest } from './heads.ts'

describe('http1: request head', () => {
  const faultOf = (text: string) => parseRequest(text).fault

  describe('the request line', () => {
    const line = (text: string, host = 'Host: a\r\n') => faultOf(`${text}\r\n${host}\r\n`)

    it('is method, target and version, one blank between', () => {
      const { at, head, bytes } = parseRequest('DELETE /a?b HTTP/1.1\r\nHost: a\r\n\r\nmore')
      expect(at).to.equal('DELETE /a?b HTTP/1.1\r\nHost: a\r\n\r\n'.length)
      expect(head.method).to.equal('DELETE')
      expect(bytes.toString('latin1', head.targetStart, head.targetEnd)).to.equal('/a?b')
      expect(bytes.toString('latin1', head.fieldsStart, head.end)).to.equal('Host: a\r\n\r\n')
      expect(head.minor).to.equal(1)
    })

    it('may follow empty lines, and no half one', () => {
      expect(faultOf(`\r\n${get()}`)).to.equal('')
      const { head, bytes } = parseRequest(`\r\n${get()}`)
      expect(bytes.toString('latin1', head.start, head.start + 3)).to.equal('GET')
      expect(faultOf(`\r\n\r\n${get()}`)).to.equal('')
      expect(faultOf(`\n${get()}`)).to.equal('bad-line-ending')
      expect(faultOf(`\r${get()}`)).to.equal('bad-line-ending')
    })

    for (const method of [
      'GET',
      'POST',
      'GETS',
      'GXT',
      'GEX',
      'POXT',
      'POSX',
      'PUSH',
      'PXST',
      'X',
      'M-SEARCH',
      'A_B',
      'Z'.repeat(32),
    ]) {
      it(`takes the method ${method}`, () => {
        expect(parseRequest(`${method} / HTTP/1.1\r\nHost: a\r\n\r\n`).head.method).to.equal(method)
        expect(line(`${method} / HTTP/1.1`)).to.equal('')
      })
    }

    for (const method of ['get', 'Get', 'GE\0', 'G=T', 'G\tT', '', 'G\xc9T', '"GET"', 'Z'.repeat(33), '1'])
      it(`refuses the method ${JSON.stringify(method)}`, () => {
        expect(line(`${method} / HTTP/1.1`)).to.equal('bad-method')
      })

    it('does not relay TRACE, nor a tunnel in HTTP/1.0', () => {
      expect(line('TRACE / HTTP/1.1')).to.equal('method-not-implemented')
      expect(line('CONNECT a:1 HTTP/1.0')).to.equal('method-not-implemented')
    })

    for (const [version, fault] of Object.entries({
      'HTTP/1.0': '',
      'HTTP/1.2': 'version-not-supported',
      'HTTP/2.0': 'version-not-supported',
      'HTTP/0.9': 'version-not-supported',
      'HTTP/9.9': 'version-not-supported',
      'HTTP/1.10': 'bad-request-line',
      'HTTP/1': 'bad-request-line',
      'HTTP/1.': 'bad-request-line',
      'HTTP/11': 'bad-request-line',
      'http/1.1': 'bad-request-line',
      'HTTP/1,1': 'bad-request-line',
      'HTTP/ 1.1': 'bad-request-line',
      ' HTTP/1.1': 'bad-request-line',
      'HTTP/1.1 ': 'bad-request-line',
      'HTTP/1.1\t': 'bad-request-line',
      'HTTP/1.1\r': 'bad-line-ending',
      'HTTPS/1.1': 'bad-request-line',
      'RTSP/1.0': 'bad-request-line',
      '': 'bad-request-line',
    })) {
      it(`answers the version ${JSON.stringify(version)} with ${fault || 'no fault'}`, () => {
        expect(line(`GET / ${version}`)).to.equal(fault)
      })
    }

    it('has a version: HTTP/0.9 is nothing', () => {
      expect(line('GET /')).to.equal('bad-request-line')
      expect(faultOf('GET\r\n\r\n')).to.equal('bad-line-ending')
    })

    for (const text of [
      'GET  / HTTP/1.1',
      'GET\t/ HTTP/1.1',
      ' GET / HTTP/1.1',
      'GET /  HTTP/1.1',
      'GET /\tHTTP/1.1',
    ]) {
      it(`refuses other blanks: ${JSON.stringify(text)}`, () => {
        expect(line(text)).to.be.oneOf(['bad-method', 'bad-target', 'bad-request-line'])
      })
    }

    it('ends in CRLF', () => {
      expect(faultOf('GET / HTTP/1.1\nHost: a\r\n\r\n')).to.equal('bad-line-ending')
      expect(faultOf('GET / HTTP/1.1\r\rHost: a\r\n\r\n')).to.equal('bad-line-ending')
    })
  })

  describe('Host', () => {
    it('occurs once in HTTP/1.1, at most once in HTTP/1.0', () => {
      expect(faultOf('GET / HTTP/1.1\r\n\r\n')).to.equal('host-missing')
      expect(faultOf('GET http://a/ HTTP/1.1\r\n\r\n')).to.equal('host-missing')
      expect(faultOf(get('HOST: a'))).to.equal('host-duplicate')
      expect(faultOf('GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n')).to.equal('host-duplicate')
      expect(parseRequest('GET / HTTP/1.0\r\n\r\n').head.host).to.equal('')
    })

    it('has the grammar of an authority, in absolute-form too', () => {
      for (const host of ['', 'a b', 'a,b', 'u@a', 'a/b', ':1', 'a:x', '[::1%25a]', 'a\t']) {
        const fault = host === 'a\t' ? '' : 'bad-host'
        expect(faultOf(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`), host).to.equal(fault)
        expect(faultOf(`GET http://a/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`), host).to.equal(fault)
      }
    })
  })

  describe('framing', () => {
    const frame = (...lines: string[]) => {
      const { head, fault } = parseRequest(get(...lines))
      return fault === '' ? [head.length, head.chunked] : fault
    }

    it('is Content-Length, or chunked, or none', () => {
      expect(frame()).to.deep.equal([-1, false])
      expect(frame('Content-Length: 0')).to.deep.equal([0, false])
      expect(frame('content-length:\t42 ')).to.deep.equal([42, false])
      expect(frame('TRANSFER-ENCODING: Chunked')).to.deep.equal([-1, true])
    })

    it('is never both, in any order', () => {
      expect(frame('Content-Length: 5', 'Transfer-Encoding: chunked')).to.equal('ambiguous-framing')
      expect(frame('Transfer-Encoding: chunked', 'Content-Length: 0')).to.equal('ambiguous-framing')
    })

    it('is never said twice', () => {
      expect(frame('Content-Length: 5', 'Content-Length: 5')).to.equal('duplicate-content-length')
      expect(frame('Content-Length: 5, 5')).to.equal('bad-content-length')
      expect(frame('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')).to.equal('bad-transfer-encoding')
      expect(frame('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')).to.equal('bad-transfer-encoding')
    })

    for (const [coding, fault] of Object.entries({
      'gzip, chunked': 'transfer-coding-not-implemented',
      gzip: 'bad-transfer-encoding',
      'chunked, gzip': 'bad-transfer-encoding',
      'chunked, chunked': 'bad-transfer-encoding',
      'chunked,': 'bad-transfer-encoding',
      ',chunked': 'bad-transfer-encoding',
      identity: 'bad-transfer-encoding',
      'identity, chunked': 'bad-transfer-encoding',
      'chunked;q=1': 'bad-transfer-encoding',
      xchunked: 'bad-transfer-encoding',
      chunkedx: 'bad-transfer-encoding',
      '"chunked"': 'bad-transfer-encoding',
      'chun\tked': 'bad-transfer-encoding',
      'chunked\xa0': 'transfer-coding-not-implemented',
      '\x85chunked': 'bad-transfer-encoding',
      '': 'bad-transfer-encoding',
    })) {
      it(`is not ${JSON.stringify(coding)}`, () => expect(frame(`Transfer-Encoding: ${coding}`)).to.equal(fault))
    }

    it('in HTTP/1.0 is never chunked', () => {
      const head = 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n'
      expect(faultOf(head)).to.equal('transfer-encoding-in-http-1.0')
    })

    it('hides in no other spelling', () => {
      expect(frame('Content_Length: 5')).to.equal('ambiguous-field-name')
      expect(frame('TRANSFER_encoding: chunked')).to.equal('ambiguous-field-name')
      expect(frame('Transfer-Encodin: chunked', 'Content-Lengthx: 5', 'ransfer-Encoding: x')).to.deep.equal([-1, false])
    })

    it('is seen in the last field of the longest head that may be configured', () => {
      const fields = Array.from({ length: 998 }, (_, i) => `X${i}: 1`)
      const { head, fault } = parseRequest(get(...fields, 'Content-Length: 7'), { fields: 1000, head: 64 * 1024 })
      expect([fault, head.length]).to.deep.equal(['', 7])
    })
  })

  describe('what else it says', () => {
    const head = (...lines: string[]) => parseRequest(get(...lines)).head

    it('Connection, over several fields', () => {
      const { connection } = head('Connection: keep-alive, X-A', 'connection: close,,UPGRADE')
      expect({ ...connection }).to.deep.equal({ close: true, keepAlive: true, upgrade: true, named: ['x-a'] })
    })

    it('Upgrade once is an offer, twice is none', () => {
      const { upgrade, fields } = head('Accept: x', 'Upgrade: websocket')
      expect([upgrade, fields.count]).to.deep.equal([2, 3])
      expect(head('Upgrade: a', 'Upgrade: b').upgrade).to.equal(-2)
      expect(head('Upgrade: a', 'Upgrade: b', 'Upgrade: c').upgrade).to.equal(-2)
      expect(head().upgrade).to.equal(-1)
    })

    it('Expect and TE', () => {
      expect(head('Expect: 100-Continue').expect).to.equal(true)
      expect(head('Expect: 200-ok').expect).to.equal(false)
      expect(head('TE: gzip;q=0.5 ,\tTrailers\t, x').trailers).to.equal(true)
      for (const te of ['gzip', 'xtrailers', 'trailers;q=1', 'trailers\xa0', ''])
        expect(head(`TE: ${te}`).trailers).to.equal(false)
      expect(head('TE: gzip', 'TE: trailers', 'TE: x').trailers).to.equal(true)
    })

    it('and nothing of the request before', () => {
      const used = head(
        'Connection: close, X-A',
        'Upgrade: a',
        'Expect: 100-continue',
        'TE: trailers',
        'Content-Length: 3',
      )
      parseRequest('GET / HTTP/1.0\r\n\r\n', {}, used)
      const { connection, upgrade, expect: expects, trailers, length, chunked, host, fields, minor } = used
      expect({ ...connection }).to.deep.equal({ close: false, keepAlive: false, upgrade: false, named: null })
      expect([upgrade, expects, trailers, length, chunked, host, fields.count, minor]).to.deep.equal(
        [-1, false, false, -1, false, '', 0, 0], //
      )
    })
  })
})
