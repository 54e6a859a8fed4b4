import { expect } from 'chai'
import { isPath } from '../../../sidecar/http1/path.ts'

describe('http1: path', () => {
  const check = (text: string) => {
    const bytes = Buffer.from(`/${text}../..%`, 'latin1')
    return isPath(bytes, 1, 1 + text.length)
  }

  for (const good of [
    ...[
      '',
      '/',
      '/a',
      '//',
      '/a/..',
      '/a/../b',
      '/a/b/../../c',
      '/./',
      '/...',
      '/a..b',
      '/..a',
      '/%41',
      '/%2e/a',
      '/%fF',
    ],
    ...['/?', '/?..', '/?%', '/?%zz', '/?/../..', '/a?%00', '?..%', '/a/%2e%2e/b', '/a%2f..', '/%25', '/%2500'],
  ]) {
    it(`is ${JSON.stringify(good)}`, () => expect(check(good)).to.equal(true))
  }

  for (const bad of [
    ...['/%', '/%4', '/%4g', '/%g4', '/%%', '/a%', '/%00', '/a%00b', '/..', '/../', '/../a', '/a/../..', '/a/../../b'],
    ...['/./..', '//..', '/%2e%2e', '/.%2e/a', '/%2E.', '/a/%2e%2e/%2e%2e', '/%2f..', '/a%2f..%2f..', '/..?a', '/%?'],
  ]) {
    it(`is not ${JSON.stringify(bad)}`, () => expect(check(bad)).to.equal(false))
  }
})
