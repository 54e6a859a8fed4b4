// A request on its way from one process of an app to another: it loses what was for one hop, and nothing else.
import { assert } from 'chai'
import { passedText } from '../../../sidecar/http1/passed-request.ts'

const PLAIN = { lines: '', upgrade: '', expect: false }
const head = (...lines: string[]) => `${['POST /a?b HTTP/1.1', 'Host: shop.example', ...lines].join('\r\n')}\r\n\r\n`

describe('sidecar/http1/passed-request', () => {
  it('keeps what is from end to end, X-Forwarded-* as they came', () => {
    const kept = [
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4',
      'Cookie: a=\xfc',
      'Content-Length: 3',
    ]
    assert.equal(passedText(head(...kept), false, PLAIN), head(...kept, 'Via: 1.1 outrigger'))
  })

  it('drops what ends here, and what Connection names', () => {
    const dropped = [
      'Connection: keep-alive, x-mine',
      'X-Mine: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Authorization: x',
      'Upgrade: h2c',
    ]
    const more = [
      'TE: trailers, deflate',
      'Transfer-Encoding: chunked',
      'Expect: 100-continue',
      'X_Forwarded_For: 8.8.8.8',
    ]
    const text = passedText(head(...dropped, ...more), true, { ...PLAIN, lines: 'X-Own: 1\r\n' })
    const added = ['Via: 1.0 outrigger', 'X-Own: 1', 'Transfer-Encoding: chunked', 'TE: trailers', 'Connection: TE']
    assert.equal(text, head(...added))
  })

  it('keeps Expect and writes an upgrade, where it is told to', () => {
    assert.include(
      String(passedText(head('Expect: 100-continue'), false, { ...PLAIN, expect: true })),
      'Expect: 100-continue',
    )
    const text = passedText(head('Upgrade: websocket, x', 'Connection: upgrade'), false, {
      ...PLAIN,
      upgrade: 'websocket',
    })
    assert.equal(text, head('Via: 1.1 outrigger', 'Upgrade: websocket', 'Connection: Upgrade'))
  })

  it('passes on nothing that could be read in two ways', () => {
    for (const [line, reason] of [
      ['Content-Length: 1\r\nTransfer-Encoding: chunked', 'ambiguous-framing'],
      ['Content_Length: 1', 'ambiguous-field-name'],
      ['Host: other.example', 'host-duplicate'],
      ['X: a\nb', 'bad-line-ending'],
    ] as const) {
      const fault = passedText(head(line), false, PLAIN)
      assert.equal(typeof fault === 'object' && fault.reason, reason, line)
    }
    assert.isObject(passedText('GET / HTTP/1.1\r\nHost: x\r\n', false, PLAIN))
  })
})
