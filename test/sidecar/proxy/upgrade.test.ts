import { expect } from 'chai'
import { upgradeOf } from '../../../sidecar/proxy/upgrade.ts'
import { parseRequest } from '../http1/heads.ts'

describe('proxy: upgrade', () => {
  const ask = (lines: string[], start = 'GET / HTTP/1.1', allowed = ['websocket']) => {
    const { bytes, head, fault } = parseRequest([start, 'Host: a', ...lines, '', ''].join('\r\n'))
    expect(fault).to.equal('')
    return upgradeOf(bytes, head, allowed)
  }
  const BOTH = ['Connection: Upgrade', 'Upgrade: websocket']

  it('is asked for when Connection and Upgrade say so', () => {
    expect(ask(BOTH)).to.equal('websocket')
    expect(ask(['Upgrade: WebSocket', 'Connection: keep-alive, upgrade'])).to.equal('websocket')
    expect(ask([...BOTH, 'Content-Length: 0'])).to.equal('websocket')
  })

  it('is not asked for when one of them is missing', () => {
    expect(ask([])).to.equal('')
    expect(ask(['Upgrade: websocket'])).to.equal('')
    expect(ask(['Connection: Upgrade'])).to.equal('')
    expect(ask(['Connection: close', 'Upgrade: websocket'])).to.equal('')
  })

  it('is the first that the service allows', () => {
    const offers = ['Connection: Upgrade', 'Upgrade: h2c, x , websocket,y']
    expect(ask(offers)).to.equal('websocket')
    expect(ask(offers, undefined, ['y', 'x'])).to.equal('x')
    expect(ask(offers, undefined, [])).to.equal('')
  })

  for (const value of ['h2c', 'websocket/13', 'xwebsocket', 'websocketx', 'web socket', '"websocket"', '', ',']) {
    it(`is not ${JSON.stringify(value)}`, () => expect(ask(['Connection: Upgrade', `Upgrade: ${value}`])).to.equal(''))
  }

  it('is for a GET over HTTP/1.1 without content', () => {
    for (const method of ['POST', 'HEAD', 'OPTIONS']) expect(ask(BOTH, `${method} / HTTP/1.1`)).to.equal('')
    expect(ask(BOTH, 'GET / HTTP/1.0')).to.equal('')
    expect(ask([...BOTH, 'Content-Length: 1'])).to.equal('')
    expect(ask([...BOTH, 'Transfer-Encoding: chunked'])).to.equal('')
  })

  it('is not offered in two fields: which of them counts is not agreed on', () => {
    expect(ask([...BOTH, 'Upgrade: websocket'])).to.equal('')
    expect(ask([...BOTH, 'Upgrade: h2c'])).to.equal('')
  })
})
