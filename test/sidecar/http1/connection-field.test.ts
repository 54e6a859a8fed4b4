import { expect } from 'chai'
import { ConnectionOptions } from '../../../sidecar/http1/connection-field.ts'

describe('http1: connection field', () => {
  const read = (...values: string[]) => {
    const options = new ConnectionOptions()
    for (const value of values) {
      const bytes = Buffer.from(`close,${value},close`, 'latin1')
      expect(options.read(bytes, 6, 6 + value.length)).to.equal(true)
    }
    return { ...options }
  }
  const nothing = { close: false, keepAlive: false, upgrade: false, named: null }

  it('has three options of its own, in any case, between blanks and commas', () => {
    expect(read('')).to.deep.equal(nothing)
    expect(read(' , ,,\t')).to.deep.equal(nothing)
    expect(read('close')).to.deep.equal({ ...nothing, close: true })
    expect(read('\tKeep-Alive ,')).to.deep.equal({ ...nothing, keepAlive: true })
    expect(read('Upgrade,CLOSE')).to.deep.equal({ ...nothing, upgrade: true, close: true })
  })

  it('names fields, over several lines', () => {
    expect(read('X-A, close', 'x-b,X-A').named).to.deep.equal(['x-a', 'x-b', 'x-a'])
  })

  it('takes no option for another', () => {
    expect(read('closed, xclose, clos, keep-alive2, close keep-alive')).to.deep.equal({
      ...nothing,
      named: ['closed', 'xclose', 'clos', 'keep-alive2', 'close keep-alive'],
    })
    expect(read('close\xa0').close).to.equal(false)
  })

  it('may not name what frames, routes or attributes a message', () => {
    const kept = [
      ...['Host', 'Content-Length', 'Content-Type', 'Content-Encoding', 'Content-Range', 'Transfer-Encoding', 'TE'],
      ...['Expect', 'Via', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'],
      ...['X-Real-IP', 'Cache-Control', 'Date', 'Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Accept'],
    ]
    expect(read(kept.join(',')).named).to.equal(null)
    expect(read('Cookie, Authorization').named).to.deep.equal(['cookie', 'authorization'])
  })

  it('forgets', () => {
    const options = new ConnectionOptions()
    const bytes = Buffer.from('close, keep-alive, upgrade, x')
    options.read(bytes, 0, bytes.length)
    options.reset()
    expect({ ...options }).to.deep.equal(nothing)
  })

  it('names at most 64 fields, over all lines together', () => {
    const options = new ConnectionOptions()
    const bytes = Buffer.from('x,'.repeat(32))
    expect(options.read(bytes, 0, bytes.length)).to.equal(true)
    expect(options.read(bytes, 0, bytes.length)).to.equal(true)
    expect(options.read(bytes, 0, bytes.length)).to.equal(false)
    // What is no name is not counted.
    const closes = Buffer.from('close, host,'.repeat(1000))
    expect(new ConnectionOptions().read(closes, 0, closes.length)).to.equal(true)
  })
})
