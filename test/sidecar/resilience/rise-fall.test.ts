import { expect } from 'chai'
import { createVerdict, type VerdictOptions } from '../../../sidecar/resilience/rise-fall.ts'

const options = { rise: 2, fall: 3, initial: 'healthy' } satisfies VerdictOptions

/**
 * `+` and `-` are results. What comes of each: `H` healthy, `U` unhealthy, in small letters while a run speaks against it,
 * with `!` when the verdict has just changed.
 */
function tell(results: string, changed: Partial<VerdictOptions> = {}): string {
  const verdict = createVerdict({ ...options, ...changed })
  const told = [...results].map(result => {
    const turned = verdict.record(result === '+')
    const letter = verdict.healthy ? 'H' : 'U'
    return `${verdict.settled ? letter : letter.toLowerCase()}${turned ? '!' : ''}`
  })
  return told.join(' ')
}

describe('resilience: rise and fall', () => {
  const cases: readonly [string, string, string, Partial<VerdictOptions>?][] = [
    ['stays healthy', '++++', 'H H H H'],
    ['falls after so many failures in a row', '+---', 'H h h U!'],
    ['counts the first failures too', '---', 'h h U!'],
    ['forgets failures with a success', '--+--+--', 'h h H h h H h h'],
    ['falls with one failure when told so', '+-', 'H U!', { fall: 1 }],
    ['rises after so many successes in a row', '+---++', 'H h h U! u H!'],
    ['forgets successes with a failure', '+---+-+-++', 'H h h U! u U u U u H!'],
    ['rises with one success when told so', '+---+', 'H h h U! H!', { rise: 1 }],
    ['admits with the very first success', '+', 'H!', { initial: 'unhealthy' }],
    ['admits with the first success after failures', '-----+', 'U U U U U H!', { initial: 'unhealthy', rise: 9 }],
    ['admits one that fell before it ever succeeded', '---+', 'h h U! H!', { rise: 9 }],
    ['admits so only once', '+---+++', 'H! h h U! u u H!', { initial: 'unhealthy', rise: 3 }],
    ['falls again as it did before', '---+---', 'h h U! H! h h U!'],
  ]
  for (const [what, results, told, changed] of cases) {
    it(`${what}: ${results}`, () => {
      expect(tell(results, changed)).to.equal(told)
    })
  }

  it('is settled before the first result', () => {
    for (const initial of ['healthy', 'unhealthy'] as const) {
      const verdict = createVerdict({ ...options, initial })
      expect([verdict.healthy, verdict.settled]).to.deep.equal([initial === 'healthy', true])
    }
  })
})
