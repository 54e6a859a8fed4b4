import { expect } from 'chai'
import {
  type Forwarding,
  forwardedChain,
  forwardingOf,
  requestText,
  targetOf,
} from '../../../sidecar/http1/forward-request.ts'
import { get, parseRequest } from './heads.ts'

const UNTRUSTED = forwardingOf('10.0.0.9', false, 'web')
const TRUSTED = forwardingOf('10.0.0.9', true, 'web')

const forward = (text: string, forwarding: Forwarding = UNTRUSTED, upgrade = ''): string[] => {
  const { bytes, head, fault } = parseRequest(text)
  expect(fault).to.equal('')
  const out = requestText(bytes, head, forwarding, upgrade)
  expect(out.endsWith('\r\n\r\n')).to.equal(true)
  return out.slice(0, -4).split('\r\n')
}

/** The lines behind those that were kept. */
const ADDED = [
  'Via: 1.1 outrigger',
  'X-Forwarded-For: 10.0.0.9',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: a', //
]

describe('http1: forward request', () => {
  it('keeps the request line and the fields byte for byte, in their order', () => {
    const lines = ['GET /a?b=%20 HTTP/1.1', 'hOsT:a', 'X:  \xe4 ', 'A:', 'X: 2', 'Content-Length: 03']
    expect(forward(`${lines.join('\r\n')}\r\n\r\n`)).to.deep.equal([...lines, ...ADDED])
  })

  it('leaves out an empty line before the request', () => {
    expect(forward(`\r\n${get()}`)[0]).to.equal('GET / HTTP/1.1')
  })

  it('drops what is for this connection only, wherever it stands', () => {
    const hop = [
      ...[
        'Connection: keep-alive',
        'Keep-Alive: timeout=5',
        'Proxy-Connection: keep-alive',
        'TE: gzip',
        'Upgrade: h2c',
      ],
      ...['Proxy-Authorization: Basic x', 'Proxy-Authenticate: x', 'HTTP2-Settings: x', 'Proxy-Authentication-Info: x'],
    ]
    const kept = ['GET / HTTP/1.1', 'Host: a']
    for (const line of hop) {
      expect(forward(get(line)), line).to.deep.equal([...kept, ...ADDED])
      expect(forward(get('A: 1', line, line.toUpperCase(), 'B: 2')), line).to.deep.equal([
        ...kept,
        'A: 1',
        'B: 2',
        ...ADDED,
      ])
    }
    expect(forward(`GET / HTTP/1.1\r\n${hop.join('\r\n')}\r\nHost: a\r\n\r\n`)).to.deep.equal([...kept, ...ADDED])
  })

  it('drops what Connection names, in any case and every time', () => {
    const text = get('X-A: 1', 'Connection: close, x-a,X-B', 'X-B: 2', 'x-A: 3', 'X-C: 4', 'X-AB: 5')
    expect(forward(text)).to.deep.equal(['GET / HTTP/1.1', 'Host: a', 'X-C: 4', 'X-AB: 5', ...ADDED])
  })

  it('does not drop what Connection may not name', () => {
    const connection = 'Connection: host, content-length, cache-control, expect, x-real-ip, x-forwarded-proto, via'
    const lines = ['Content-Length: 0', 'Cache-Control: no-cache', 'Expect: 100-continue', 'X-Real-IP: 1', 'Via: 1.1 x']
    expect(forward(get(connection, ...lines))).to.deep.equal(['GET / HTTP/1.1', 'Host: a', ...lines, ...ADDED])
    const proto = ['X-Forwarded-Proto: https']
    expect(forward(get(connection, ...proto), TRUSTED)).to.include(proto[0])
  })

  describe('by a client that is not trusted', () => {
    it('replaces what it claims, however it is spelt', () => {
      const claims = [
        ...[
          'X-Forwarded-For: 1.1.1.1',
          'X_Forwarded_For: 1.1.1.1',
          'X-Forwarded-Proto: https',
          'x_forwarded_proto: https',
        ],
        ...['X-Forwarded-Host: evil', 'X-Forwarded_Host: evil', 'Forwarded: for=1.1.1.1'],
      ]
      expect(forward(get(...claims))).to.deep.equal(['GET / HTTP/1.1', 'Host: a', ...ADDED])
    })

    it('on a unix socket has no address', () => {
      const lines = forward(get('X-Forwarded-For: 1.1.1.1'), forwardingOf('', false, 'web'))
      expect(lines).to.deep.equal(['GET / HTTP/1.1', 'Host: a', ADDED[0], ADDED[2], ADDED[3]])
    })
  })

  describe('by one that is trusted', () => {
    it('extends the list of all its fields by one', () => {
      const lines = forward(get('X-Forwarded-For: 1.1.1.1 , 2.2.2.2', 'A: 1', 'x-forwarded-for: ,3.3.3.3,'), TRUSTED)
      expect(lines).to.include('X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.9')
      expect(lines.filter(line => /^x.forwarded.for/i.test(line))).to.have.length(1)
    })

    it('is not believed in a spelling that only frameworks take for the same', () => {
      const claims = ['X_Forwarded_For: 6.6.6.6', 'X_Forwarded-Proto: https', 'x_forwarded_host: evil']
      const lines = forward(get('X-Forwarded-For: 9.9.9.9', ...claims), TRUSTED)
      expect(lines.filter(line => /forwarded/i.test(line))).to.deep.equal([
        'X-Forwarded-For: 9.9.9.9, 10.0.0.9',
        'X-Forwarded-Proto: http',
        'X-Forwarded-Host: a',
      ])
    })

    it('keeps its word on scheme and host, or adds ours', () => {
      const claims = ['X-Forwarded-Proto: https', 'X-Forwarded-Host: shop', 'Forwarded: proto=https']
      expect(forward(get(...claims), TRUSTED)).to.deep.equal([
        'GET / HTTP/1.1',
        'Host: a',
        ...claims,
        ADDED[0],
        ADDED[1],
      ])
      expect(forward(get(), TRUSTED)).to.deep.equal(['GET / HTTP/1.1', 'Host: a', ...ADDED])
    })

    it('on a unix socket passes its list on', () => {
      const unix = forwardingOf('', true, '')
      expect(forward(get('X-Forwarded-For: 1.1.1.1'), unix)).to.include('X-Forwarded-For: 1.1.1.1')
      expect(forward(get(), unix).filter(line => line.startsWith('X-Forwarded-For'))).to.deep.equal([])
    })
  })

  it('lists the hops that it was told of', () => {
    const { bytes, head } = parseRequest(get('X-Forwarded-For: a,, b', 'X_Forwarded_For:', 'X-Forwarded-For:\tc'))
    expect(forwardedChain(bytes, head)).to.deep.equal(['a', 'b', 'c'])
  })

  it('knows nothing of the request before', () => {
    const { head } = parseRequest(get('X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil'))
    const { bytes } = parseRequest(get(), {}, head)
    expect(forwardedChain(bytes, head)).to.deep.equal([])
    const lines = requestText(bytes, head, TRUSTED, '').trim().split('\r\n')
    expect(lines).to.deep.equal(['GET / HTTP/1.1', 'Host: a', ...ADDED])
  })

  it('turns absolute-form into origin-form; its authority replaces Host', () => {
    const absolute = (line: string, ...lines: string[]) =>
      forward(`${line} HTTP/1.1\r\nHost: other\r\n${lines.map(each => `${each}\r\n`).join('')}\r\n`).slice(0, 3)
    expect(absolute('GET http://b:81/c?d', 'A: 1')).to.deep.equal(['GET /c?d HTTP/1.1', 'Host: b:81', 'A: 1'])
    expect(absolute('GET HTTP://b', 'A: 1')).to.deep.equal(['GET / HTTP/1.1', 'Host: b', 'A: 1'])
    expect(absolute('GET http://b?c', 'A: 1')).to.deep.equal(['GET /?c HTTP/1.1', 'Host: b', 'A: 1'])
    expect(absolute('OPTIONS http://b', 'A: 1')).to.deep.equal(['OPTIONS * HTTP/1.1', 'Host: b', 'A: 1'])
    expect(absolute('OPTIONS http://b?c', 'A: 1')).to.deep.equal(['OPTIONS /?c HTTP/1.1', 'Host: b', 'A: 1'])
    expect(absolute('OPTIONS http://b/', 'A: 1')).to.deep.equal(['OPTIONS / HTTP/1.1', 'Host: b', 'A: 1'])
  })

  it('forwards the authority of absolute-form as the host, whatever Host says', () => {
    const lines = forward('GET http://b/ HTTP/1.1\r\nHost: other\r\n\r\n')
    expect(lines).to.include('X-Forwarded-Host: b')
    expect(lines.filter(line => line.includes('other'))).to.deep.equal([])
  })

  it('leaves asterisk-form as it is', () => {
    expect(forward('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n').slice(0, 2)).to.deep.equal([
      'OPTIONS * HTTP/1.1',
      'Host: a',
    ])
  })

  describe('of HTTP/1.0', () => {
    it('speaks HTTP/1.1, and has a Host', () => {
      expect(forward('GET /x HTTP/1.0\r\nA: 1\r\n\r\n')).to.deep.equal(
        ['GET /x HTTP/1.1', 'Host: web', 'A: 1', 'Via: 1.0 outrigger', ADDED[1], ADDED[2]], //
      )
      expect(forward('GET /x HTTP/1.0\r\n\r\n')).to.have.length(5)
      expect(forward('GET http://b/x HTTP/1.0\r\n\r\n').slice(0, 2)).to.deep.equal(['GET /x HTTP/1.1', 'Host: b'])
    })

    it('keeps the Host that it has', () => {
      const lines = forward('GET /x HTTP/1.0\r\nA: 1\r\nHost: b\r\n\r\n')
      expect(lines.slice(0, 3)).to.deep.equal(['GET /x HTTP/1.1', 'A: 1', 'Host: b'])
      expect(lines).to.include('X-Forwarded-Host: b')
    })

    it('expects no 100 that it could not understand', () => {
      expect(forward('POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n').join()).not.to.match(/expect/i)
      expect(forward(get('Expect: 100-continue'))).to.include('Expect: 100-continue')
    })
  })

  it('says anew what it says itself: chunks, trailers, an upgrade', () => {
    expect(forward(get('Transfer-Encoding: CHUNKED')).slice(-2)).to.deep.equal([ADDED[3], 'Transfer-Encoding: chunked'])
    expect(forward(get('TE: trailers, gzip')).slice(-2)).to.deep.equal(['TE: trailers', 'Connection: TE'])
    const upgrade = get('Upgrade: WebSocket, h2c', 'Connection: Upgrade', 'TE: trailers')
    expect(forward(upgrade, UNTRUSTED, 'websocket').slice(2)).to.deep.equal(
      [...ADDED, 'Upgrade: websocket', 'Connection: Upgrade'], //
    )
    expect(forward(upgrade).slice(2)).to.deep.equal([...ADDED, 'TE: trailers', 'Connection: TE'])
  })

  it('can be asked for the target that it has', () => {
    expect(targetOf('GET /a?b HTTP/1.1\r\nX: y z\r\n\r\n')).to.equal('/a?b')
  })
})
