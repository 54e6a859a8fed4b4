// Parsers with the mistakes that have been made. Each is the right one, looking at bytes in which the fault that it
// ought to see has been painted over: same length, so that every offset still fits the original.

import { SUBJECT, type Subject } from '../../fuzz/subject.ts'
import { Body } from '../../sidecar/http1/body.ts'
import { parseRequestHead } from '../../sidecar/http1/request-head.ts'
import { parseResponseHead } from '../../sidecar/http1/response-head.ts'

type Paint = (text: string) => string

export interface Wrong {
  readonly subject: Subject
  /** What the smallest input that gives it away must have in it. */
  readonly shows: RegExp
  /** One that comes to it soon; any does in the end. */
  readonly seed: number
}

const inHeads = (shows: RegExp, paint: Paint, seed = 1): Wrong => {
  const head = (bytes: Buffer, start: number, end: number) => {
    const close = bytes.subarray(start, end).indexOf('\r\n\r\n')
    return painted(bytes, start, close < 0 ? end : start + close + 4, paint)
  }
  const subject: Subject = {
    ...SUBJECT,
    requestHead: (bytes, start, end, limits, out) => parseRequestHead(head(bytes, start, end), start, end, limits, out),
    responseHead: (bytes, start, end, limit, out) => parseResponseHead(head(bytes, start, end), start, end, limit, out),
  }
  return { subject, shows, seed }
}

const inBodies = (shows: RegExp, paint: Paint, seed = 1): Wrong => {
  class PaintedBody extends Body {
    override next(bytes: Buffer, at: number, end: number): number {
      return super.next(painted(bytes, at, end, paint), at, end)
    }
  }
  return { subject: { ...SUBJECT, body: () => new PaintedBody() }, shows, seed }
}

function painted(bytes: Buffer, from: number, to: number, paint: Paint): Buffer {
  const text = paint(bytes.toString('latin1', from, to))
  if (text.length !== to - from) throw new Error('painted over with another length')
  const out = Buffer.from(bytes)
  out.write(text, from, 'latin1')
  return out
}

/** Renames a field, so that the parser takes it for one that it need not understand. */
const overlooking = (name: string): Paint => {
  const pattern = new RegExp(`(?<=\\n)${name.slice(0, 2)}(?=${name.slice(2)}:)`, 'gi')
  return text => text.replace(pattern, 'Xx')
}

/** Paints within the value of one field. */
const inField = (name: string, pattern: RegExp, instead: (found: string) => string): Paint => {
  const line = new RegExp(`(?<=\\n${name}:).*`, 'gi')
  return text => text.replace(line, value => value.replace(pattern, instead))
}

const BOTH = /content-length:[\s\S]*transfer-encoding:|transfer-encoding:[\s\S]*content-length:/i

export const WRONG: Readonly<Record<string, Wrong>> = {
  'takes Content-Length where Transfer-Encoding stands beside it': inHeads(BOTH, text =>
    /\ncontent-length:/i.test(text) ? overlooking('Transfer-Encoding')(text) : text,
  ),
  'takes Transfer-Encoding where Content-Length stands beside it': inHeads(BOTH, text =>
    /\ntransfer-encoding:/i.test(text) ? overlooking('Content-Length')(text) : text,
  ),
  'takes the first of several Content-Length': inHeads(/content-length:[\s\S]*content-length:/i, text => {
    const second = text.search(/(?<=\ncontent-length:[\s\S]*)\ncontent-length:/i)
    return second < 0 ? text : text.slice(0, second) + overlooking('Content-Length')(text.slice(second))
  }),
  'takes a bare LF for the end of a line': inHeads(/[^\r]\n/, text => text.replace(/[ \t]\n/g, '\r\n'), 10),
  'takes a bare CR for a blank': inHeads(/\r(?!\n)/, text => text.replace(/\r(?!\n|$)/g, ' ')),
  'unfolds lines': inHeads(/\r\n[ \t]/, text => text.replace(/\r\n(?=[ \t])/g, '  ')),
  'takes a blank before the colon': inHeads(/[ \t]:/, text => text.replace(/(?<=\n)([\w-]+)[ \t]:/g, '$1: ')),
  'takes NUL for a blank': inHeads(/\0/, text => text.replaceAll('\0', ' '), 5),
  'takes a sign before a number': inHeads(
    /[+-]\d/,
    inField('Content-Length', /[+-]/, () => ' '),
  ),
  'takes a number for its first digits': inHeads(
    /Content-Length: ?5[^\d\r]/i,
    inField('Content-Length', /(?<=5)[^\r]/, () => ' '),
    6,
  ),
  'takes any list that ends in chunked': inHeads(
    /gzip,/,
    inField('Transfer-Encoding', /gzip,/i, () => '     '),
    6,
  ),
  'takes any list that begins with chunked': inHeads(
    /chunked,/,
    inField('Transfer-Encoding', /(?<=chunked), \w+/i, rest => ' '.repeat(rest.length)),
  ),
  'takes 0x before a chunk size': inBodies(/0x/, text => text.replace(/(?<=^|\n)0x(?=[\da-f])/g, '00'), 4),
  'takes a blank behind a chunk size': inBodies(
    /[\da-f][ \t]\r\n/i,
    text => text.replace(/(?<=^|\n)([\da-f])[ \t](?=\r\n)/gi, '0$1'),
    2,
  ),
  'takes LF behind a chunk extension': inBodies(/;[^\r\n]+\n/, text => text.replace(/(?<=;)\w\n/g, '\r\n')),
  'forwards Keep-Alive': inHeads(/keep-alive:/i, overlooking('Keep-Alive'), 2),
  'forwards a field that Connection names': inHeads(
    /X-/,
    inField('Connection', /X-/, () => 'X+'),
  ),
  'reads a byte of the next message': {
    shows: /Content-Length/i,
    seed: 1,
    subject: {
      ...SUBJECT,
      body() {
        const body = new Body()
        const { length } = body
        body.length = bytes => length.call(body, bytes === 0 ? 0 : bytes + 1)
        return body
      },
    },
  },
  'looks behind the end of what has come': {
    shows: /^/,
    seed: 1,
    subject: {
      ...SUBJECT,
      requestHead: (bytes, start, _end, limits, out) => parseRequestHead(bytes, start, bytes.length, limits, out),
    },
  },
}
