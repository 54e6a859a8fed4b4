import { expect } from 'chai'
import { type Forwarding, forwardingOf } from '../../../sidecar/http1/forward-request.ts'
import { clientOf, hashKey } from '../../../sidecar/proxy/hash-key.ts'

const head = (...lines: string[]) =>
  ['GET /a HTTP/1.1', 'Host: a', ...lines, '', 'X-User: of the body\r\n'].join('\r\n')
const x = { client: '10.0.0.1', target: '/a/b?c=d' }

describe('proxy: hash key', () => {
  it('is the client, when it is known', () => {
    expect(hashKey({ from: 'client' }, head(), x)).to.equal('10.0.0.1')
    expect(hashKey({ from: 'client' }, head(), { ...x, client: '' })).to.equal(undefined)
  })

  it('is the path, without the query', () => {
    expect(hashKey({ from: 'path' }, head(), x)).to.equal('/a/b')
    expect(hashKey({ from: 'path' }, head(), { ...x, target: '/' })).to.equal('/')
    expect(hashKey({ from: 'path' }, head(), { ...x, target: '?x' })).to.equal('')
  })

  describe('of a header', () => {
    const key = (...lines: string[]) => hashKey({ from: 'header', name: 'X-User' }, head(...lines), x)

    it('is its value, whatever its case, without blanks around', () => {
      expect(key('x-USER:  ann \t')).to.equal('ann')
      expect(key('A: 1', 'X-User:Ann', 'B: 2')).to.equal('Ann')
      expect(key('X-User:')).to.equal('')
    })

    it('is that of the first', () => {
      expect(key('X-User: a', 'X-User: b')).to.equal('a')
    })

    it('is missing when only something like it is there, or the body has it', () => {
      expect(key()).to.equal(undefined)
      expect(key('AX-User: a', 'X-User2: a', 'X-Use: a', 'A: X-User: a')).to.equal(undefined)
    })

    it('counts positions right behind letters that fold', () => {
      expect(key('A: \xc4\xd6\xdc\xdf\xb5', 'X-User: ann')).to.equal('ann')
    })
  })

  describe('of a cookie', () => {
    const key = (...lines: string[]) => hashKey({ from: 'cookie', name: 'sid' }, head(...lines), x)

    it('is its value', () => {
      expect(key('Cookie: sid=abc')).to.equal('abc')
      expect(key('Cookie: a=b; sid=a=b=;c=d')).to.equal('a=b=')
      expect(key('Cookie: a=b;sid = "x" ')).to.equal('"x"')
      expect(key('Cookie: sid=')).to.equal('')
    })

    it('is missing when it is not there', () => {
      for (const cookies of ['', 'a=b', 'xsid=1', 'sidx=1', 'SID=1', 'sid', '=sid', 'a=sid=1']) {
        expect(key(`Cookie: ${cookies}`), cookies).to.equal(undefined)
      }
      expect(key()).to.equal(undefined)
    })
  })
})

describe('proxy: client', () => {
  const client = (list: string | undefined, forwarding: Forwarding, trust: number | string[]) =>
    clientOf(list === undefined ? head() : head(`X-Forwarded-For: ${list}`), forwarding, {
      settings: { trust },
      trusts: address => (typeof trust === 'number' ? trust > 0 : trust.includes(address)),
    })
  const behind = (peer: string) => forwardingOf(peer, true, '')

  it('is the peer when nobody is trusted', () => {
    expect(client('1.1.1.1, 10.0.0.9', forwardingOf('10.0.0.9', false, ''), 0)).to.equal('10.0.0.9')
    expect(client(undefined, forwardingOf('', false, ''), 0)).to.equal('')
  })

  // As requestText writes it, the peer is the last of the list.
  it('stands that many hops before the end', () => {
    const list = '9.9.9.9, 1.1.1.1, 2.2.2.2, 10.0.0.9'
    expect(client(list, behind('10.0.0.9'), 1)).to.equal('2.2.2.2')
    expect(client(list, behind('10.0.0.9'), 2)).to.equal('1.1.1.1')
    expect(client(list, behind('10.0.0.9'), 3)).to.equal('9.9.9.9')
    expect(client(list, behind('10.0.0.9'), 99)).to.equal('9.9.9.9')
    expect(client('10.0.0.9', behind('10.0.0.9'), 1)).to.equal('10.0.0.9')
  })

  it('is the last one that is not in a trusted network', () => {
    const list = '10.0.0.1, 1.1.1.1, 10.0.0.2, 10.0.0.9'
    expect(client(list, behind('10.0.0.9'), ['10.0.0.1', '10.0.0.2', '10.0.0.9'])).to.equal('1.1.1.1')
    expect(client(list, behind('10.0.0.9'), ['10.0.0.9'])).to.equal('10.0.0.2')
    expect(client('10.0.0.1, 10.0.0.9', behind('10.0.0.9'), ['10.0.0.1', '10.0.0.9'])).to.equal('10.0.0.1')
  })

  it('on a unix socket counts the peer, which has no address to be in the list', () => {
    expect(client('9.9.9.9, 1.1.1.1', behind(''), 1)).to.equal('1.1.1.1')
    expect(client('9.9.9.9, 1.1.1.1', behind(''), 2)).to.equal('9.9.9.9')
    expect(client(undefined, behind(''), 1)).to.equal('')
  })
})
