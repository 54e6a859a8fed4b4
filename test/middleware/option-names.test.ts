import { assert } from 'chai'
import { health, sticky } from '../../middleware/index.ts'
import { refuseUnknown, unknownOptions } from '../../middleware/option-names.ts'
import { warningsOf } from './warnings.ts'

describe('option names', () => {
  it('find what was meant, where something is near', () => {
    const known = ['resave', 'saveUninitialized', 'cookie.maxAge', 'key']
    const found = unknownOptions({ resave: 1, saveUninitialised: 1, maxage: 1, kye: 1, views: 1 }, known)
    assert.deepEqual(found, [
      '"saveUninitialised" is no option; did you mean saveUninitialized?',
      '"maxage" is no option; did you mean cookie.maxAge?',
      '"kye" is no option; did you mean key?',
      '"views" is no option',
    ])
    assert.deepEqual(unknownOptions({ ['resave'.repeat(1_000)]: 1 }, known), [
      `"${'resave'.repeat(7).slice(0, 40)}" is no option`,
    ])
  })

  it('of health and sticky are refused', () => {
    const options = { timeOut: 5 } as object
    assert.throws(() => health(options), TypeError, /^health: "timeOut" is no option; did you mean timeout\?$/)
    const pin = { key: 'k'.repeat(16), redis: 'redis://127.0.0.1:1', instance: { adress: 'a:1' } as object }
    assert.throws(() => sticky(pin), TypeError, /^sticky: instance: "adress" is no option; did you mean address\?$/)
    assert.doesNotThrow(() => refuseUnknown('x', { a: undefined }, ['a']))
  })

  it('of sessions are warned of, once each, and known ones are not', async () => {
    const said = await warningsOf(`
      for (const _ of [1, 2]) await ask({ saveUninitialised: false, maxAge: 1000 }, {}, 1)`)
    assert.deepEqual(said, [
      'outrigger sessions: ignored: "saveUninitialised" is no option; did you mean saveUninitialized?',
      'outrigger sessions: ignored: "maxAge" is no option; did you mean cookie.maxAge?',
    ])
  })
})
