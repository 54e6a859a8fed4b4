import { expect } from 'chai'
import { responseText } from '../../../sidecar/http1/forward-response.ts'
import { ok, parseResponse } from './heads.ts'

const forward = (text: string, chunked = false, connection = ''): string[] => {
  const { bytes, head, fault } = parseResponse(text)
  expect(fault).to.equal('')
  const out = responseText(bytes, head, chunked, connection)
  expect(out.endsWith('\r\n\r\n')).to.equal(true)
  return out.slice(0, -4).split('\r\n')
}

const VIA = 'Via: 1.1 outrigger'

describe('http1: forward response', () => {
  it('keeps the status line and the fields byte for byte, in their order', () => {
    const lines = ['HTTP/1.1 404 \xe4 b', 'SERVER:x', 'Set-Cookie: a', 'Set-Cookie: b ', 'Content-Length: 3']
    expect(forward(`${lines.join('\r\n')}\r\n\r\n`)).to.deep.equal([...lines, VIA])
    expect(forward('HTTP/1.1 200 OK\r\n\r\n')).to.deep.equal(['HTTP/1.1 200 OK', VIA])
  })

  it('drops what is for this connection only, wherever it stands', () => {
    for (const line of [
      ...['Connection: close', 'Keep-Alive: timeout=5', 'Proxy-Connection: close', 'TE: x', 'Upgrade: h2c'],
      ...[
        'Proxy-Authenticate: Basic',
        'Proxy-Authentication-Info: x',
        'HTTP2-Settings: x',
        'Transfer-Encoding: chunked',
      ],
    ]) {
      expect(forward(ok(line)), line).to.deep.equal(['HTTP/1.1 200 OK', VIA])
      expect(forward(ok('A: 1', line, 'B: 2')), line).to.deep.equal(['HTTP/1.1 200 OK', 'A: 1', 'B: 2', VIA])
    }
  })

  it('drops what Connection names, but not what it may not name', () => {
    const text = ok('Connection: X-A, content-length, date', 'X-A: 1', 'Content-Length: 0', 'Date: x', 'x-a: 2')
    expect(forward(text)).to.deep.equal(['HTTP/1.1 200 OK', 'Content-Length: 0', 'Date: x', VIA])
  })

  it('adds our framing and our Connection', () => {
    expect(forward(ok('A: 1'), true)).to.deep.equal(['HTTP/1.1 200 OK', 'A: 1', VIA, 'Transfer-Encoding: chunked'])
    expect(forward(ok('Connection: x'), false, 'close')).to.deep.equal(['HTTP/1.1 200 OK', VIA, 'Connection: close'])
    expect(forward(ok(), true, 'close').slice(2)).to.deep.equal(['Transfer-Encoding: chunked', 'Connection: close'])
  })

  it('speaks HTTP/1.1 for a server of HTTP/1.0', () => {
    expect(forward('HTTP/1.0 200 OK\r\nA: 1\r\n\r\n')).to.deep.equal(['HTTP/1.1 200 OK', 'A: 1', 'Via: 1.0 outrigger'])
    expect(forward('HTTP/1.0 200\r\nConnection: x\r\n\r\n')).to.deep.equal(['HTTP/1.1 200', 'Via: 1.0 outrigger'])
  })

  it('has no Content-Length where there is no content', () => {
    for (const status of [100, 103, 204]) {
      expect(forward(`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\nA: 1\r\n\r\n`)).to.deep.equal(
        [`HTTP/1.1 ${status} x`, 'A: 1', VIA], //
      )
    }
    for (const status of [200, 205, 304]) {
      expect(forward(`HTTP/1.1 ${status} x\r\nContent-Length: 5\r\n\r\n`)).to.include('Content-Length: 5')
    }
  })

  it('says what is switched to, once', () => {
    const lines = ['HTTP/1.1 101 x', 'Upgrade: websocket', 'Connection: upgrade', 'Sec-WebSocket-Accept: y']
    expect(forward(`${lines.join('\r\n')}\r\n\r\n`)).to.deep.equal(
      ['HTTP/1.1 101 x', 'Upgrade: websocket', 'Sec-WebSocket-Accept: y', VIA, 'Connection: Upgrade'], //
    )
    expect(forward('HTTP/1.1 426 x\r\nUpgrade: TLS/1.0\r\n\r\n')).to.deep.equal(
      ['HTTP/1.1 426 x', 'Upgrade: TLS/1.0', VIA, 'Connection: Upgrade'], //
    )
    expect(forward('HTTP/1.1 426 x\r\nContent-Length: 0\r\n\r\n')).to.deep.equal(
      ['HTTP/1.1 426 x', 'Content-Length: 0', VIA], //
    )
  })
})
