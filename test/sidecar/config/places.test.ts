import { expect } from 'chai'
import { clash, leadsTo, placeOf } from '../../../sidecar/config/places.ts'

describe('config: places', () => {
  for (const [one, other] of [
    ['X.example:1', 'x.example.:1'],
    ['localhost:1', '127.0.0.1:1'],
    ['[::0]:1', '[::]:1'],
    ['[FD00:0:0::1]:1', '[fd00::1]:1'],
    ['unix:/tmp/x/../a.sock', 'unix:/tmp/a.sock'],
    ['unix:/tmp//./a.sock', 'unix:/tmp/a.sock'],
    ['unix:a.sock', `unix:${process.cwd()}/a.sock`],
  ] as const) {
    it(`${one} is ${other}`, () => expect(placeOf(one)).to.equal(placeOf(other)))
  }

  for (const [one, other, expected] of [
    ['127.0.0.1:1', '127.0.0.1:1', true],
    ['0.0.0.0:1', '127.0.0.1:1', true],
    ['0.0.0.0:1', 'shop.example:1', true],
    ['0.0.0.0:1', 'localhost:1', true],
    ['0.0.0.0:1', '[::]:1', true],
    ['[::]:1', '10.0.0.1:1', true],
    ['[::]:1', '[::1]:1', true],
    // Only `::` takes both families.
    ['0.0.0.0:1', '[::1]:1', false],
    ['127.0.0.1:1', '[::1]:1', false],
    ['127.0.0.1:1', '10.0.0.1:1', false],
    ['0.0.0.0:1', '127.0.0.1:2', false],
    ['0.0.0.0:0', '127.0.0.1:0', false],
    ['l:0', 'l:0', false],
    ['0.0.0.0:1', 'unix:/0.0.0.0:1', false],
    ['unix:/a', 'unix:/b/../a', true],
  ] as const) {
    it(`${one} and ${other} ${expected ? 'clash' : 'go together'}`, () => {
      expect([clash(one, other), clash(other, one)]).to.deep.equal([expected, expected])
    })
  }

  for (const [endpoint, listener, expected] of [
    ['127.0.0.1:1', '127.0.0.1:1', true],
    ['localhost:1', '127.0.0.1:1', true],
    ['0.0.0.0:1', '127.0.0.1:1', true],
    ['[::]:1', '[::1]:1', true],
    ['127.0.0.1:1', '0.0.0.0:1', true],
    ['127.0.0.2:1', '0.0.0.0:1', true],
    ['localhost:1', '0.0.0.0:1', true],
    ['0.0.0.0:1', '0.0.0.0:1', true],
    ['localhost:1', '[::]:1', true],
    ['[::1]:1', '[::]:1', true],
    ['127.0.0.1:1', '[::]:1', true],
    ['[::1]:1', '0.0.0.0:1', false],
    ['127.0.0.1:1', '[::1]:1', false],
    // Another machine's, as far as anyone can tell from here.
    ['10.0.0.7:1', '0.0.0.0:1', false],
    ['orders:1', '[::]:1', false],
    ['orders:1', 'Orders:1', true],
    ['127.0.0.1:1', '127.0.0.1:2', false],
    ['unix:/run/a/../b', 'unix:/run/b', true],
    ['unix:/run/a', '0.0.0.0:1', false],
  ] as const) {
    it(`${endpoint} ${expected ? 'leads' : 'does not lead'} to ${listener}`, () => {
      expect(leadsTo(endpoint, listener)).to.equal(expected)
    })
  }
})
