/** Content-Length in all its spellings. What follows the five bytes of body is a request that must not slip through. */
import { type Case, head, post, smuggled } from './case.ts'
import { either, judge, originBody, reachesNothing, rejects, rejectsAfter, relays, wholeRequests } from './judge.ts'

const bad = (name: string, ...lines: readonly string[]): Case => ({
  name: `length: ${name}`,
  send: [post('hello', ...lines) + smuggled],
  expect: rejects(400),
})

const good = (name: string, ...lines: readonly string[]): Case => ({
  name: `length: ${name}`,
  send: [post('hello', ...lines)],
  expect: relays(originBody('hello')),
})

const value = (text: string) => bad(JSON.stringify(text), `Content-Length: ${text}`)

export const contentLength: readonly Case[] = [
  good('plain', 'Content-Length: 5'),
  good('no blank after the colon', 'Content-Length:5'),
  good('tabs and blanks around', 'Content-Length: \t 5 \t '),
  good('upper case name', 'CONTENT-LENGTH: 5'),
  bad('twice, same', 'Content-Length: 5', 'Content-Length: 5'),
  bad('twice, different', 'Content-Length: 5', 'Content-Length: 6'),
  bad('twice, 0 first', 'Content-Length: 0', 'Content-Length: 5'),
  bad('twice, different case', 'Content-Length: 5', 'content-length: 50'),
  bad('twice, one empty', 'Content-Length: 5', 'Content-Length:'),
  bad('blank before the colon', 'Content-Length : 5'),
  bad('tab before the colon', 'Content-Length\t: 5'),
  bad('twice, one disguised by a blank', 'Content-Length: 5', 'Content-Length : 50'),
  bad('on a folded line', 'Content-Length:', ' 5'),
  bad('continued on a folded line', 'Content-Length: 5', ' 0'),
  ...['5, 5', '5,6', '5 5', '5\t5', ',5', '5,', '5;', '5;a=b'].map(value),
  ...['+5', '-5', '-0', '+0', '0x5', '0b101', '5.0', '5e0', '5a', 'a5', '1_0', "'5'", '"5"', '(5)', '=5'].map(value),
  ...['', ' ', '\x0b5', '5\x0b', '5\x0c', '5\x00', '\x005', '5\x85', '\xa05', '\xd9\xa5', '\xef\xbc\x95'].map(value),
  ...['5\r', '5\n', 'five', 'NaN', 'Infinity', 'null', 'chunked'].map(value),
  // 2^64 + 5, 2^63 + 5, 30 digits, 300 digits: each is 5 for somebody.
  ...['18446744073709551621', '9223372036854775813', `${'9'.repeat(30)}`, `1${'0'.repeat(299)}`].map(value),
  {
    name: 'length: leading zeros',
    send: [post('hello', 'Content-Length: 0000000005')],
    expect: either(relays(originBody('hello')), rejects(400)),
  },
  {
    name: 'length: leading zeros are not octal',
    send: [post('hello678', 'Content-Length: 010'), { pause: 30 }],
    expect: either(judge('waits for 10 bytes', wholeRequests(0)), rejects(400)),
  },
  {
    name: 'length: 2^32 + 5 is not 5',
    send: [post('hello', 'Content-Length: 4294967301') + smuggled, { pause: 30 }],
    expect: either(judge('waits for the rest', wholeRequests(0)), rejects(400, 413)),
  },
  {
    name: 'length: 2^53 + 1 is not 2^53',
    send: [post('hello', 'Content-Length: 9007199254740993') + smuggled, { pause: 30 }],
    expect: either(judge('waits for the rest', wholeRequests(0)), rejects(400, 413)),
  },
  {
    name: 'length: Content_Length is another field',
    send: [post('', 'Content_Length: 5')],
    expect: either(relays(originBody('')), rejects(400)),
  },
  { name: 'length: 0', send: [post('', 'Content-Length: 0')], expect: relays(originBody('')) },
  { name: 'length: none, so no body', send: [post('')], expect: relays(originBody('')) },
  {
    name: 'length: none, so what follows is a request',
    send: [post('') + head('GET /b HTTP/1.1', 'Host: app.test')],
    methods: ['POST', 'GET'],
    expect: relays(originBody('')),
  },
  {
    name: 'length: shorter than what follows',
    send: [post('helloX', 'Content-Length: 5') + smuggled],
    methods: ['POST', 'GET'],
    // The sixth byte makes `XGET` of the next method: no fault of grammar, but it must come as that.
    expect: either(
      relays(originBody('hello'), seen =>
        seen.origin.requests[1]?.method === 'XGET' ? undefined : `method ${seen.origin.requests[1]?.method}`,
      ),
      rejectsAfter(1, 400, 501),
    ),
  },
  ...['GET', 'DELETE', 'OPTIONS', 'PATCH', 'PROPFIND'].map(
    (method): Case => ({
      name: `length: ${method} with a body`,
      send: [`${head(`${method} /a HTTP/1.1`, 'Host: app.test', 'Content-Length: 5')}hello`],
      expect: relays(originBody('hello')),
    }),
  ),
  {
    name: 'length: HEAD with a body',
    send: [`${head('HEAD /a HTTP/1.1', 'Host: app.test', 'Content-Length: 5')}hello`],
    answer: ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    methods: ['HEAD'],
    expect: relays(originBody('hello')),
  },
  {
    name: 'length: a GET whose body is a request',
    send: [head('GET /a HTTP/1.1', 'Host: app.test', `Content-Length: ${smuggled.length}`) + smuggled],
    expect: relays(originBody(smuggled)),
  },
  {
    name: 'length: the client leaves inside the body',
    send: [post('hel', 'Content-Length: 5'), { pause: 20 }, 'fin', { pause: 30 }],
    expect: judge('never whole', wholeRequests(0), seen =>
      seen.origin.connections.some(each => each.ending === 'open') ? 'the upstream connection stays open' : undefined,
    ),
  },
  {
    name: 'length: the client leaves inside the head',
    send: ['GET /a HTTP/1.1\r\nHost: app.test\r\n', { pause: 20 }, 'fin'],
    expect: judge('nothing', reachesNothing),
  },
]
