import { expect } from 'chai'
import type { HealthCheck } from '../../../sidecar/model/resilience-settings.ts'
import { itRefuses, serviceOf } from './told.ts'

const checkOf = (http: string): HealthCheck => serviceOf(`health: { http: ${http} }`).health!.check

const GET: HealthCheck = {
  kind: 'http',
  method: 'GET',
  path: '/',
  headers: {},
  statuses: [{ from: 200, to: 299 }],
  body: '',
}

describe('config: health.http', () => {
  it('is a path, or a map with it', () => {
    expect(checkOf('"/readyz?full=1"')).to.deep.equal({ ...GET, path: '/readyz?full=1' })
    expect(checkOf('{ path: /readyz }')).to.deep.equal({ ...GET, path: '/readyz' })
    expect(checkOf('{}')).to.deep.equal(GET)
  })

  it('takes what is sent and what must come back', () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST']) {
      expect(checkOf(`{ method: ${method} }`)).to.deep.equal({ ...GET, method })
    }
    expect(checkOf('{ statuses: [200, "201", 204-206, 3xx], body: "ok: 1" }')).to.deep.equal({
      ...GET,
      statuses: [
        { from: 200, to: 200 },
        { from: 201, to: 201 },
        { from: 204, to: 206 },
        { from: 300, to: 399 },
      ],
      body: 'ok: 1',
    })
  })

  it('takes headers, host among them, in lower case', () => {
    expect(checkOf('{ headers: { Host: shop.example, X-Check: "1", x-empty: "" } }')).to.deep.equal({
      ...GET,
      headers: { host: 'shop.example', 'x-check': '1', 'x-empty': '' },
    })
  })

  const path = 'is not a path; expected one like /readyz: from "/" on, percent-encoded'
  const either = 'is not a check; expected a path like /readyz, or a map like { path: /readyz }'
  const status = 'is not a status; expected one from 200 to 599, like 200, 200-299 or 2xx'
  itRefuses([
    ['health: { http: readyz }', `health.http: "readyz" ${path}. Did you mean "/readyz"?`],
    ['health: { http: "http://x:1/readyz" }', `health.http: "http://x:1/readyz" ${path}. Did you mean "/readyz"?`],
    ['health: { http: "/a b" }', `health.http: "/a b" ${path}`],
    ['health: { http: "/a#b" }', `health.http: "/a#b" ${path}`],
    ['health: { http: "" }', `health.http: "" ${path}`],
    ['health: { http: true }', `health.http: true ${either}`],
    ['health: { http: [/a] }', `health.http: a list ${either}`],
    ['health: { http: }', 'health.http: has no value; give it one, or leave it out'],
    ['health: { http: { path: a } }', `health.http.path: "a" ${path}. Did you mean "/a"?`],
    ['health: { http: { path: 5 } }', `health.http.path: 5 ${path}`],
    [
      'health: { http: { metod: GET, method: get, body: 5 } }',
      `
        health.http.metod: unknown key; expected one of method, path, headers, statuses, body. Did you mean "method"?
        health.http.method: "get" is not a method; expected one of GET, HEAD, OPTIONS, POST. Did you mean "GET"?
        health.http.body: 5 needs quotes to be text: "5"
      `,
    ],
    [
      'health: { http: { method: PUT } }',
      'health.http.method: "PUT" is not a method; expected one of GET, HEAD, OPTIONS, POST',
    ],
    [
      'health: { http: { headers: { a b: x, "": x, Content-Length: "5", X: 1, Y: "a\\nb", z: "a\\0", w: "€" } } }',
      `
        health.http.headers["a b"]: "a b" is not a header name; expected a name like x-user
        health.http.headers[""]: "" is not a header name; expected a name like x-user
        health.http.headers.Content-Length: "Content-Length" is set by the check itself; leave it out
        health.http.headers.X: 1 needs quotes to be text: "1"
        health.http.headers.Y: "a\\nb" is not a header value; expected one line of latin1 text
        health.http.headers.z: "a\\u0000" is not a header value; expected one line of latin1 text
        health.http.headers.w: "€" is not a header value; expected one line of latin1 text
      `,
    ],
    [
      'health: { http: { headers: { Host: a, host: b } } }',
      'health.http.headers.host: is given twice; names are compared without case',
    ],
    [
      'health: { http: { headers: [host] } }',
      'health.http.headers: a list is not a map of headers; expected a map like { host: shop.example }',
    ],
    [
      'health: { http: { statuses: [99, 200.5, 2XX, 299-200, true] } }',
      `
        health.http.statuses[0]: 99 ${status}
        health.http.statuses[1]: 200.5 ${status}
        health.http.statuses[2]: "2XX" ${status}. Did you mean "2xx"?
        health.http.statuses[3]: "299-200" ${status}
        health.http.statuses[4]: true ${status}
      `,
    ],
    ['health: { http: { statuses: [] } }', 'health.http.statuses: is empty; expected at least one status'],
    [
      'health: { http: { statuses: 2xx } }',
      'health.http.statuses: "2xx" is not a list of statuses; expected a list like [200, 204], [200-299] or [2xx]',
    ],
  ])
})
