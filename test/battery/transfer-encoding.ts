/** Transfer-Encoding in all its disguises: whoever reads one of them otherwise than the origin lets a request through. */
import { type Case, get, head, post, smuggled } from './case.ts'
import { breaks, either, originBody, originField, rejects, relays } from './judge.ts'

const chunks = '5\r\nhello\r\n0\r\n\r\n'

/** Without Content-Length: a proxy that does not see the coding takes the chunks for requests. */
const alone = (name: string, ...lines: readonly string[]): Case => ({
  name: `coding: ${name}`,
  send: [post(chunks, ...lines) + smuggled],
  expect: rejects(400, 501),
})

/** With a Content-Length that covers the chunks and the request behind them. */
const withLength = (name: string, ...lines: readonly string[]): Case => ({
  name: `coding and length: ${name}`,
  send: [post(`0\r\n\r\n${smuggled}`, `Content-Length: ${5 + smuggled.length}`, ...lines)],
  expect: rejects(400, 501),
})

const good = (name: string, ...lines: readonly string[]): Case => ({
  name: `coding: ${name}`,
  send: [post(chunks, ...lines)],
  expect: relays(originBody('hello')),
})

/** Each once alone and once as the second opinion beside a length. */
const disguises: readonly (readonly [name: string, ...lines: string[]])[] = [
  ['blank before the colon', 'Transfer-Encoding : chunked'],
  ['tab before the colon', 'Transfer-Encoding\t: chunked'],
  ['NUL in the name', 'Transfer-Encoding\x00: chunked'],
  ['vertical tab before the value', 'Transfer-Encoding:\x0bchunked'],
  ['form feed after the value', 'Transfer-Encoding: chunked\x0c'],
  ['NUL after the value', 'Transfer-Encoding: chunked\x00'],
  ['no-break space before the value', 'Transfer-Encoding: \xa0chunked'],
  ['folded', 'Transfer-Encoding:', ' chunked'],
  ['folded with a tab', 'Transfer-Encoding:', '\tchunked'],
  ['continued', 'Transfer-Encoding: chunked', ' , identity'],
  ['on a folded line of another field', 'X: y', ' Transfer-Encoding: chunked'],
  ['behind a bare CR', 'X: y\rTransfer-Encoding: chunked'],
  ['behind a bare LF', 'X: y\nTransfer-Encoding: chunked'],
  ['behind LF CR', 'X: y\n\rTransfer-Encoding: chunked'],
  ['before a bare CR', 'Transfer-Encoding: chunked\rX: y'],
  ['before a bare LF', 'Transfer-Encoding: chunked\nX: y'],
  ['xchunked', 'Transfer-Encoding: xchunked'],
  ['chunkedx', 'Transfer-Encoding: chunkedx'],
  ['chun ked', 'Transfer-Encoding: chun ked'],
  ['Kelvin sign for the k', 'Transfer-Encoding: chun\xe2\x84\xaaed'],
  ['quoted', 'Transfer-Encoding: "chunked"'],
  ['single quotes', "Transfer-Encoding: 'chunked'"],
  ['parameter', 'Transfer-Encoding: chunked;q=1'],
  ['empty', 'Transfer-Encoding:'],
  ['comma before', 'Transfer-Encoding: ,chunked'],
  ['comma after', 'Transfer-Encoding: chunked,'],
  ['identity', 'Transfer-Encoding: identity'],
  ['chunked, identity', 'Transfer-Encoding: chunked, identity'],
  ['identity, chunked', 'Transfer-Encoding: identity, chunked'],
  ['chunked, chunked', 'Transfer-Encoding: chunked, chunked'],
  ['chunked chunked', 'Transfer-Encoding: chunked chunked'],
  ['gzip', 'Transfer-Encoding: gzip'],
  ['gzip, chunked', 'Transfer-Encoding: gzip, chunked'],
  ['chunked, gzip', 'Transfer-Encoding: chunked, gzip'],
  ['two lines', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
  ['two lines, the second identity', 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'],
  ['two lines, the first identity', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
  ['two lines, the second unknown', 'Transfer-Encoding: chunked', 'Transfer-encoding: cow'],
  ['two lines, gzip and chunked', 'Transfer-Encoding: gzip', 'Transfer-Encoding: chunked'],
]

export const transferEncoding: readonly Case[] = [
  good('chunked', 'Transfer-Encoding: chunked'),
  good('CHUNKED', 'Transfer-Encoding: CHUNKED'),
  good('lower case name', 'transfer-encoding: chunked'),
  good('tabs and blanks around', 'Transfer-Encoding:\t chunked \t'),
  ...disguises.map(([name, ...lines]) => alone(name, ...lines)),
  ...disguises.map(([name, ...lines]) => withLength(name, ...lines)),
  withLength('plain', 'Transfer-Encoding: chunked'),
  withLength('CHUNKED', 'Transfer-Encoding: CHUNKED'),
  withLength('tab before the value', 'Transfer-Encoding:\tchunked'),
  withLength('dropped by Connection', 'Connection: Transfer-Encoding', 'Transfer-Encoding: chunked'),
  {
    name: 'coding and length: the coding first',
    send: [post(chunks, 'Transfer-Encoding: chunked', 'Content-Length: 5') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'coding and length: length 0',
    send: [post(chunks, 'Content-Length: 0', 'Transfer-Encoding: chunked') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'coding and length: in a GET',
    send: [get('Content-Length: 5', 'Transfer-Encoding: chunked') + chunks + smuggled],
    expect: rejects(400),
  },
  {
    name: 'coding and length: two lengths and a coding',
    send: [post(chunks, 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Content-Length: 5') + smuggled],
    expect: rejects(400),
  },
  {
    name: 'coding: Transfer_Encoding is another field',
    send: [post('hello', 'Content-Length: 5', 'Transfer_Encoding: chunked')],
    expect: either(relays(originBody('hello')), rejects(400)),
  },
  {
    name: 'coding: Transfer-Encodings is another field',
    send: [post('hello', 'Content-Length: 5', 'Transfer-Encodings: chunked', 'X-Transfer-Encoding: chunked')],
    expect: relays(originBody('hello')),
  },
  {
    name: 'coding: Content-Encoding is another field',
    send: [post('hello', 'Content-Length: 5', 'Content-Encoding: chunked')],
    expect: relays(originBody('hello'), originField('content-encoding', 'chunked')),
  },
  {
    name: 'coding: TE is another field',
    send: [post('hello', 'Content-Length: 5', 'TE: chunked')],
    expect: relays(originBody('hello'), originField('transfer-encoding', undefined)),
  },
  {
    name: 'coding: HTTP/1.0',
    send: [head('POST /a HTTP/1.0', 'Host: app.test', 'Transfer-Encoding: chunked') + chunks + smuggled],
    expect: rejects(400, 501),
  },
  {
    name: 'coding: HTTP/1.0 with a length',
    send: [
      head('POST /a HTTP/1.0', 'Host: app.test', 'Content-Length: 5', 'Transfer-Encoding: chunked') +
        `0\r\n\r\n${smuggled}`,
    ],
    expect: rejects(400, 501),
  },
  {
    name: 'coding: GET with chunks',
    send: [get('Transfer-Encoding: chunked') + chunks],
    expect: relays(originBody('hello')),
  },
  {
    name: 'coding: HEAD with chunks',
    send: [head('HEAD /a HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked') + chunks],
    answer: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    methods: ['HEAD'],
    expect: relays(originBody('hello')),
  },
  {
    name: 'coding: chunks follow, but a length of requests instead',
    send: [post(`${smuggled}`, 'Transfer-Encoding: chunked')],
    expect: breaks(400),
  },
]
