import { expect } from 'chai'
import * as field from '../../../sidecar/http1/fields.ts'
import { get, namesOf, parseRequest, valuesOf } from './heads.ts'

describe('http1: fields', () => {
  const faultOf = (line: string) => parseRequest(get(line)).fault

  it('are kept as offsets, in order, with blanks around values cut off', () => {
    const { bytes, head } = parseRequest(get('A:1', 'b: \t2 \t', 'C:', 'D: \t ', 'A:\t3\t4'))
    const { fields } = head
    expect(namesOf(bytes, fields)).to.deep.equal(['Host', 'A', 'b', 'C', 'D', 'A'])
    expect(valuesOf(bytes, fields)).to.deep.equal(['a', '1', '2', '', '', '3\t4'])
    for (const i of [3, 4]) expect(fields.valueEnd[i]).to.equal(fields.valueStart[i])
    const lines = Array.from({ length: 6 }, (_, i) =>
      bytes.toString('latin1', fields.nameStart[i]!, fields.lineEnd[i]!),
    )
    expect(lines.join('')).to.equal('Host: a\r\nA:1\r\nb: \t2 \t\r\nC:\r\nD: \t \r\nA:\t3\t4\r\n')
  })

  it('may have every character of a token in their names', () => {
    for (let c = 0; c < 256; c++) {
      const char = String.fromCharCode(c)
      const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(char)
      expect(faultOf(`X${char}Y: 1`) === '', `0x${c.toString(16)}`).to.equal(token || char === ':')
    }
  })

  it('may have VCHAR, blanks and obs-text in their values', () => {
    for (let c = 0; c < 256; c++) {
      const good = c === 9 || (c >= 0x20 && c !== 0x7f)
      expect(faultOf(`X: a${String.fromCharCode(c)}b`) === '', `0x${c.toString(16)}`).to.equal(good)
    }
  })

  for (const [line, fault] of Object.entries({
    ': no name': 'bad-field-name',
    'no colon': 'bad-field-name',
    NoColon: 'bad-line-ending',
    'X : 1': 'bad-field-name',
    'X\t: 1': 'bad-field-name',
    'X\0: 1': 'bad-field-name',
    'X(y): 1': 'bad-field-name',
    ' X: folded': 'folded-field',
    '\tX: folded': 'folded-field',
    'X: 1\r\n folded': 'folded-field',
    'X: 1\n': 'bad-line-ending',
    'X: 1\nY: 2': 'bad-line-ending',
    'X: 1\rY: 2': 'bad-line-ending',
    'X: 1\r': 'bad-line-ending',
    'X: \0': 'bad-line-ending',
    'X: \x01': 'bad-field-value',
    'X: \v': 'bad-field-value',
    '\rX: 1': 'bad-line-ending',
    '\n': 'bad-line-ending',
  })) {
    it(`answer ${JSON.stringify(line)} with ${fault}`, () => expect(faultOf(line)).to.equal(fault))
  }

  it('are known by name in any case, and only by the whole name', () => {
    const known: Record<string, number> = {
      host: field.HOST,
      connection: field.CONNECTION,
      'content-length': field.CONTENT_LENGTH,
      'transfer-encoding': field.TRANSFER_ENCODING,
      upgrade: field.UPGRADE,
      'keep-alive': field.KEEP_ALIVE,
      te: field.TE,
      expect: field.EXPECT,
      'proxy-connection': field.PROXY,
      'proxy-authenticate': field.PROXY,
      'proxy-authorization': field.PROXY,
      'proxy-authentication-info': field.PROXY,
      'x-forwarded-for': field.X_FORWARDED_FOR,
      x_forwarded_for: field.SHADOW_FORWARDED,
      'x-forwarded_proto': field.SHADOW_FORWARDED,
      'x-forwarded-proto': field.X_FORWARDED_PROTO,
      'x-forwarded-host': field.X_FORWARDED_HOST,
      x_forwarded_host: field.SHADOW_FORWARDED,
      forwarded: field.FORWARDED,
      proxy: field.PROXY,
      'idempotency-key': field.IDEMPOTENCY_KEY,
      'x-request-deadline-ms': field.DEADLINE,
      'grpc-timeout': field.GRPC_TIMEOUT,
      'retry-after': field.RETRY_AFTER,
      content_length: field.SHADOW,
      transfer_encoding: field.SHADOW,
      'http2-settings': field.HTTP2_SETTINGS,
    }
    for (const [name, id] of Object.entries(known)) {
      for (const spelt of [name, name.toUpperCase(), name.replace(/(^|[-_])[a-z]/g, letter => letter.toUpperCase())]) {
        expect(identify(spelt), spelt).to.equal(id)
      }
      for (const other of [`${name}x`, `x${name}`, name.slice(1), name.slice(0, -1), name.replace(/[aeo]/, 'Q')]) {
        expect(identify(other), other).to.equal(field.OTHER)
      }
    }
  })

  it('are not known by what only folds to their names', () => {
    // 0x20 apart from letters, `-` and `_` are other characters: a fold by `| 0x20` would take \r for -.
    expect(identify('ho\x53t')).to.equal(field.HOST)
    expect(identify('x-forwarded~for')).to.equal(field.OTHER)
    expect(identify('proxy_connection')).to.equal(field.OTHER)
    expect(identify('content^length')).to.equal(field.OTHER)
  })

  it('end with a fault before there is no room for them', () => {
    const out = new field.Fields()
    const bytes = Buffer.from(`${'A:\r\n'.repeat(2000)}\r\n`)
    expect(field.parseFields(bytes, 0, bytes.length, 1000, out)).to.be.below(0)
    // The config takes 1000 at most.
    expect(out.id.length).to.be.at.least(1000)
  })

  function identify(name: string): number {
    const out = new field.Fields()
    const bytes = Buffer.from(`${name}: 1\r\n\r\n`, 'latin1')
    expect(field.parseFields(bytes, 0, bytes.length, 10, out)).to.equal(bytes.length)
    return out.id[0]!
  }
})
