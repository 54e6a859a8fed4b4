import { expect } from 'chai'
import {
  cookieValue,
  fieldValue,
  setCookieValue,
  takeCookies,
  withField,
  withoutSetCookie,
} from '../../../sidecar/proxy/field-text.ts'

const request = (...fields: string[]) => `GET / HTTP/1.1\r\n${fields.map(field => `${field}\r\n`).join('')}\r\n`
const response = (...fields: string[]) => `HTTP/1.1 200 OK\r\n${fields.map(field => `${field}\r\n`).join('')}\r\n`

describe('proxy: fields of a head in text', () => {
  const cases: [before: string[], after: string[], values: string[]][] = [
    [['Host: x', 'Cookie: pin=1'], ['Host: x'], ['1']],
    [['Cookie: pin=1; a=2'], ['Cookie: a=2'], ['1']],
    [['Cookie: a=2; pin=1'], ['Cookie: a=2'], ['1']],
    [['Cookie: a=2; pin=1; b=3', 'Accept: */*'], ['Cookie: a=2; b=3', 'Accept: */*'], ['1']],
    [['cookie:a=2;pin=1;b=3'], ['cookie:a=2;b=3'], ['1']],
    [['COOKIE: pin=1;  a = "x y" ; b=\xe9; c'], ['COOKIE:  a = "x y" ; b=\xe9; c'], ['1']],
    [['Cookie: pin=1; pin=2', 'Cookie: pin=3; a=1'], ['Cookie: a=1'], ['1', '2', '3']],
    [['Cookie: pin="1"; a=1'], ['Cookie: a=1'], ['1']],
    [['Cookie: pin=; a=1'], ['Cookie: a=1'], ['']],
    [['Cookie: pin=1; '], [], ['1']],
    [['Cookie: pin =1; a=2'], ['Cookie: a=2'], ['1']],
    [['Cookie: xpin=1; pinx=2; PIN=3; a=pin=4', 'X-Cookie: pin=5', 'Cookie2: pin=6'], [], []],
    [['Set-Cookie: pin=1', 'X: Cookie: pin=2'], [], []],
  ]
  for (const [before, after, values] of cases) {
    it(`takes the cookie out of ${JSON.stringify(before)}`, () => {
      const head = request(...before)
      const expected = values.length === 0 ? head : request(...after)
      expect(takeCookies(head, 'pin')).to.deep.equal({ head: expected, values })
    })
  }

  it('leaves what follows the head alone', () => {
    const body = 'Cookie: pin=9\r\nSet-Cookie: pin=9\r\n\r\nCookie: pin=9\r\n'
    expect(takeCookies(request('A: 1', 'Cookie: pin=1') + body, 'pin').head).to.equal(request('A: 1') + body)
    expect(takeCookies(request() + body, 'pin').values).to.deep.equal([])
    expect(withoutSetCookie(response() + body, 'pin')).to.equal(response() + body)
  })

  it('finds what a response sets a cookie to, the last time', () => {
    const head = response(
      'Set-Cookie: a=1',
      'set-cookie: sid=x; Path=/',
      'Set-Cookie: sid="y"; HttpOnly',
      'Cookie: sid=z',
    )
    expect(setCookieValue(head, 'sid')).to.equal('y')
    expect(setCookieValue(head, 'id')).to.equal(undefined)
    expect(setCookieValue(response('Set-Cookie: a=1; sid=2'), 'sid')).to.equal(undefined)
    expect(setCookieValue(response('Set-Cookie: sid=; Max-Age=0'), 'sid')).to.equal('')
  })

  it('takes out what sets a cookie, and nothing else', () => {
    const head = response('Set-Cookie: a=pin=1', 'SET-COOKIE: pin=1; Path=/', 'X: pin=1', 'Set-Cookie:pin=2')
    expect(withoutSetCookie(head, 'pin')).to.equal(response('Set-Cookie: a=pin=1', 'X: pin=1'))
  })

  it('puts a field in at the end', () => {
    expect(withField(response('A: 1'), 'B: 2')).to.equal(response('A: 1', 'B: 2'))
    expect(withField(response(), 'B: 2')).to.equal(response('B: 2'))
  })

  it('finds fields and cookies', () => {
    const head = request('A: 1', 'Long-Name:  x ', 'Empty:')
    expect([fieldValue(head, 'long-name'), fieldValue(head, 'empty'), fieldValue(head, 'name')]).to.deep.equal([
      'x',
      '',
      undefined,
    ])
    expect(cookieValue('a=1; b=2=3; c', 'b')).to.equal('2=3')
  })
})
