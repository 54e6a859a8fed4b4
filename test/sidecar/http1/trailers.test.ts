import { expect } from 'chai'
import { readTrailers } from '../../../sidecar/http1/trailers.ts'

describe('http1: trailers', () => {
  const kept = (...lines: string[]) => readTrailers(`${lines.join('\r\n')}\r\n\r\n`)?.kept

  it('pass as they are written', () => {
    expect(kept('X-Checksum:  5eb6 ', 'grpc-status:0', 'X:\xff')).to.equal(
      'X-Checksum:  5eb6 \r\ngrpc-status:0\r\nX:\xff\r\n\r\n',
    )
    expect(readTrailers('\r\n')).to.deep.equal({ end: 2, kept: '\r\n' })
  })

  it('end where their empty line ends, whatever follows', () => {
    expect(readTrailers('A: b\r\n\r\nGET / HTTP/1.1\nno trailer\r\n\r\n')).to.deep.equal({
      end: 8,
      kept: 'A: b\r\n\r\n',
    })
  })

  it('are undefined while they are incomplete', () => {
    const section = 'A: b\r\nC: d\r\n\r\n'
    for (let end = 0; end < section.length; end++) expect(readTrailers(section.slice(0, end))).to.equal(undefined)
    expect(readTrailers(section)?.end).to.equal(section.length)
  })

  for (const bad of ['A b: c', 'A : b', ' A: b', 'A: b\n', 'A: \0', 'A: b\r\n c', ': x', 'A: b\rC: d', 'A\n', '\n']) {
    it(`are null when they have ${JSON.stringify(bad)}`, () => expect(readTrailers(`${bad}\r\n\r\n`)).to.equal(null))
  }

  it('are at most 128', () => {
    const many = (count: number) => readTrailers(`${'A: b\r\n'.repeat(count)}\r\n`)
    expect(many(128)?.end).to.equal(128 * 6 + 2)
    expect(many(129)).to.equal(null)
  })

  for (const name of [
    ...[
      'Content-Length',
      'Transfer-Encoding',
      'Trailer',
      'Host',
      'Connection',
      'Keep-Alive',
      'TE',
      'Upgrade',
      'Expect',
    ],
    ...['Authorization', 'Cookie', 'Set-Cookie', 'WWW-Authenticate', 'Proxy-Authorization', 'Proxy-Connection'],
    ...['Content-Type', 'Content-Encoding', 'Content-Range', 'X-Forwarded-For', 'X-Forwarded-Anything', 'Forwarded'],
    ...['Via', 'Cache-Control', 'Max-Forwards', 'Range', 'Date', 'Expires', 'Location', 'Retry-After', 'Vary', 'Age'],
    ...['content_length', 'TRANSFER_ENCODING', 'X_Forwarded_For', 'proxy_authorization', 'Set_Cookie'],
    ...['If-Match', 'If-None-Match', 'If-Modified-Since', 'If_Range', 'HTTP2-Settings', 'X-Real-IP'],
    ...['Endpoint-Load-Metrics', 'endpoint-load-metrics-bin', 'endpoint_load_metrics_json'],
  ]) {
    it(`do not pass on ${name}`, () => {
      expect(kept('A: 1', `${name}: x`, 'B: 2')).to.equal('A: 1\r\nB: 2\r\n\r\n')
    })
  }
})
