import { expect } from 'chai'
import { agrees, verdict } from '../../simulate/verdict.ts'

describe('simulate/verdict', () => {
  const same = { what: 'round-robin', ours: 10.01, published: 10, within: 0.1 }
  const other = { what: 'least-connections', ours: 0.58944, published: [0.8, 0.82] as const, within: 0.02 }

  it('names what agrees, and what does not, with both figures and the reason', () => {
    expect(verdict([same, other], 'The load is another.')).to.deep.equal([
      'Agrees: round-robin.',
      'Differs: least-connections (ours 0.5894, published 0.8 to 0.82). The load is another.',
    ])
  })

  it('keeps the reason to itself when all agree', () => {
    expect(verdict([same], 'No.')).to.deep.equal(['Agrees: round-robin.'])
    expect(verdict([], 'No.')).to.deep.equal([])
  })

  it('takes a range for what lies in it, and a little beyond', () => {
    const ours = (value: number) => agrees({ ...other, ours: value })
    expect([0.77, 0.79, 0.81, 0.83, 0.85].map(ours)).to.deep.equal([false, true, true, true, false])
    expect(ours(Number.NaN), 'no figure').to.equal(false)
  })
})
