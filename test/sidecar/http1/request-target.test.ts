import { expect } from 'chai'
import * as forms from '../../../sidecar/http1/request-head.ts'
import { get, parseRequest } from './heads.ts'

describe('http1: request target', () => {
  const read = (start: string, host = 'a') => {
    const { head, bytes, fault } = parseRequest(`${start} HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    if (fault !== '') return fault
    return [head.form, head.host, bytes.toString('latin1', head.pathStart, head.targetEnd)]
  }

  it('has four forms', () => {
    expect(read('GET /a?b')).to.deep.equal([forms.ORIGIN_FORM, 'a', '/a?b'])
    expect(read('GET http://B:81/c?d')).to.deep.equal([forms.ABSOLUTE_FORM, 'B:81', '/c?d'])
    expect(read('CONNECT b:81')).to.deep.equal([forms.AUTHORITY_FORM, 'b:81', 'b:81'])
    expect(read('OPTIONS *')).to.deep.equal([forms.ASTERISK_FORM, 'a', '*'])
  })

  it('in absolute-form need not have a path', () => {
    expect(read('GET HTTPS://b')).to.deep.equal([forms.ABSOLUTE_FORM, 'b', ''])
    expect(read('GET http://b?c/d')).to.deep.equal([forms.ABSOLUTE_FORM, 'b', '?c/d'])
  })

  for (const start of [
    ...['GET *', 'OPTIONS **', 'GET a', 'GET a/b', 'GET ?', 'GET http:/a', 'GET http:a', 'GET http//a/', 'GET h'],
    ...['GET http://', 'GET http:///', 'GET http://u@a/', 'GET http://a:b/', 'GET http://a:65536/', 'GET ftp://a/'],
    ...['GET http://a\\b/', 'GET http://[::1/', 'GET http', 'GET http:', 'GET https:/'],
    ...['GET /#', 'GET /a#b', 'GET /\x7f', 'GET /\x80', 'GET /\xe4', 'GET /\0', 'GET /\v'],
    ...['GET /%', 'GET /%0', 'GET /%zz', 'GET /%00', 'GET /..', 'GET /a/../..', 'GET /%2e%2E/x', 'GET /a%2f..%2f..'],
    ...['GET http://a/../x'],
  ]) {
    it(`refuses ${JSON.stringify(start)}`, () => expect(read(start)).to.equal('bad-target'))
  }

  for (const target of ['/a/../b', '/..a', '/a..', '/?..//..', '/?%', '/?%00', '/%2e', '/...', '//', '/{}|^`"<>\\']) {
    it(`lets ${target} be`, () => expect(read(`GET ${target}`)).to.deep.equal([forms.ORIGIN_FORM, 'a', target]))
  }

  for (const start of ['CONNECT a', 'CONNECT a:', 'CONNECT :80', 'CONNECT /', 'CONNECT http://a:80', 'CONNECT [::1]']) {
    it(`refuses ${start}`, () => expect(read(start)).to.equal('bad-authority'))
  }

  it('of CONNECT does not keep anything of the request before', () => {
    const { head } = parseRequest(get())
    parseRequest(`GET http://${'long'.repeat(100)}/x HTTP/1.1\r\nHost: a\r\n\r\n`, {}, head)
    parseRequest('CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', {}, head)
    expect(head.pathStart).to.equal(head.targetStart)
  })
})
