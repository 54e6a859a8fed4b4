// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the configuration's
import { expect } from 'chai'
import { isNot, missingSpace, nearest, oneOf, show, unknownKey } from '../../../sidecar/config/wording.ts'

describe('config: wording', () => {
  const names = ['least-connections', 'round-robin', 'two-choices', 'peak-ewma']
  const meant: [typed: string, candidates: string[], nearest: string | undefined][] = [
    ['least-conections', names, 'least-connections'],
    ['Least-Connections', names, 'least-connections'],
    ['raund-robin', names, 'round-robin'],
    ['ronud-robin', names, 'round-robin'],
    ['ronud-rbin', names, 'round-robin'],
    ['ronud-rbn', names, undefined],
    ['random', names, undefined],
    ['timeout', ['timeouts', 'limits'], 'timeouts'],
    ['wbe', ['web', 'api'], 'web'],
    ['xyz', ['web', 'api'], undefined],
    ['a', ['b'], undefined],
    ['ab', ['ba'], undefined],
    ['', ['web'], undefined],
    ['api2', ['api3', 'api'], 'api3'],
    ['__proto__', ['web'], undefined],
  ]
  for (const [typed, candidates, expected] of meant) {
    it(`"${typed}" means ${expected ?? 'none'} of ${candidates.join(', ')}`, () => {
      expect(nearest(typed, candidates)).to.equal(expected)
    })
  }

  it('prefers the nearest, and of equals the first', () => {
    expect(nearest('servicex', ['services', 'service'])).to.equal('services')
    expect(nearest('servicess', ['service', 'services'])).to.equal('services')
  })

  it('guesses at variables without braces, at text between quotes, and at a space left out', () => {
    expect(isNot('$HOST:$PORT', 'an address', 'host:port')).to.equal(
      '"$HOST:$PORT" is not an address; expected host:port. Did you mean "${HOST}:${PORT}"?',
    )
    expect(isNot('http://$HOST', 'an address', 'host:port', '$HOST:80')).to.match(/Did you mean "\$\{HOST\}:80"\?$/)
    expect(isNot('$5', 'a name', 'less')).to.equal('"$5" is not a name; expected less')
    expect(unknownKey('queue:5', ['queue'])).to.equal('unknown key; expected a space behind "queue:"')
    expect(unknownKey('quee:5', ['queue'])).to.equal('unknown key; expected queue')
    expect(missingSpace('queue:5', ['queue'])).to.equal('"queue:5" is not a map; expected a space behind "queue:"')
    expect(missingSpace('queue: 5', ['queue'])).to.equal(undefined)
  })

  it('lists what is allowed while a reader can take it in', () => {
    expect(oneOf(['a', 'b'], 'a known one')).to.equal('one of a, b')
    expect(oneOf(['a'], 'a known one')).to.equal('a')
    expect(oneOf(Array.from({ length: 13 }, String), 'a known one')).to.equal('a known one')
    expect(unknownKey('x', [])).to.equal('unknown key; expected a key that docs/configuration.md lists')
  })

  it('shows values without their bulk', () => {
    expect(['a"b', 5, true, Number.NaN, [1], {}, Object.create(null)].map(show)).to.deep.equal(
      ['"a\\"b"', '5', 'true', 'NaN', 'a list', 'a map', 'a map'], // biome-ignore format: a row
    )
    expect(show('x'.repeat(1_000))).to.have.length(82)
    expect(isNot('x'.repeat(100_000), 'a name', 'less', ['y'.repeat(100)])).to.have.length.below(150)
  })
})
