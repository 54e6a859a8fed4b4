import { expect } from 'chai'
import { addresses, failingHost, parallelHost, queueingHost } from '../../simulate/hosts.ts'

describe('simulate/hosts', () => {
  it('have addresses of their own', () => {
    expect(addresses(3)).to.deep.equal(['host-1', 'host-2', 'host-3'])
  })

  it('work side by side, and slower while they are', () => {
    const host = parallelHost(now => (now >= 10 ? 3 : 1))
    expect([host(0, 5), host(0, 5), host(10, 5)].map(({ at }) => at)).to.deep.equal([5, 5, 25])
  })

  it('work in a queue', () => {
    const host = queueingHost()
    expect([host(0, 5), host(1, 5), host(20, 5)].map(({ at }) => at)).to.deep.equal([5, 10, 25])
    expect(host.freeAt).to.equal(25)
  })

  it('fail their share, at once', () => {
    const lots = [0.4, 0.6]
    const host = failingHost(0.5, 1, () => lots.shift()!)
    expect([host(0, 20), host(0, 20)]).to.deep.equal([
      { at: 1, status: 503 },
      { at: 20, status: 200 },
    ])
  })
})
