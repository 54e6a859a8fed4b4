import { assert } from 'chai'
import { OptionsError, readOptions } from '../../bench/options.ts'

const suites = ['proxy', 'sessions']

describe('bench/options', () => {
  it('measures proxies, three rounds of four seconds, when it is told nothing', () => {
    assert.deepInclude(readOptions([], suites), { suite: 'proxy', rounds: 3, seconds: 4, idle: 1000, json: false })
  })

  it('reads lists, numbers and the suite', () => {
    const options = readOptions(['sessions', '--only', 'get32, get-64k', '--rounds', '5', '--idle=0'], suites)
    assert.deepInclude(options, { suite: 'sessions', only: ['get32', 'get-64k'], rounds: 5, idle: 0 })
  })

  it('has a quick way, which single options refine', () => {
    assert.deepInclude(readOptions(['--quick', '--seconds', '2'], suites), { rounds: 1, seconds: 2, idle: 0 })
  })

  for (const [args, message] of [
    [['cache'], /no suite cache[\s\S]*suites: proxy, sessions/],
    [['proxy', 'sessions'], /no suite proxy sessions/],
    [['--round', '3'], /Unknown option '--round'/],
    [['--rounds', '0'], /--rounds wants a whole number, not 0/],
    [['--seconds', '1.5'], /not 1\.5/],
    [['--load', 'ab'], /--load is auto or own, not ab/],
  ] as [string[], RegExp][]) {
    it(`refuses ${args.join(' ')}`, () => assert.throws(() => readOptions(args, suites), OptionsError, message))
  }
})
