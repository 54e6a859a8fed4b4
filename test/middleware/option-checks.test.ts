import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { closing } from '../support/clients.ts'
import { ours } from './contenders.ts'
import { warningsOf } from './warnings.ts'

const common = { secret: 'keyboard cat', resave: false, saveUninitialized: true, store: new MemoryStore() }

describe('option checks', () => {
  const open = closing()
  const start = (options: object) => () => sessions({ ...common, ...options })

  const bad: [object, RegExp][] = [
    [{ name: 'bad name' }, /^name must be .* not "bad name"$/],
    [{ key: 'a;b' }, /^name must be .* not "a;b"$/],
    [{ outage: 'fial' }, /^outage must be 'fail', 'anonymous', 'stale' or a function, not "fial"$/],
    [{ deadline: 'x' }, /^deadline must be a number of milliseconds above 0, .* not "x"$/],
    [{ deadline: '250' }, /^deadline/],
    [{ deadline: 0 }, /^deadline/],
    [{ deadline: Number.POSITIVE_INFINITY }, /^deadline.* not Infinity$/],
    [{ prefix: 5 }, /^prefix must be a string, not 5$/],
    [{ genid: async () => 'a' }, /^genid must not be an async function/],
    [{ cookie: async () => ({}) }, /^cookie must not be an async function/],
    [{ cookie: { maxAge: '1d' } }, /^cookie\.maxAge must be a number or Date, got "1d"$/],
    [{ cookie: 'secure' }, /^cookie must be an object of options, not "secure"$/],
  ]
  it('tell mistakes as the app starts', () => {
    for (const [options, message] of bad) assert.throws(start(options), TypeError, message)
  })

  it('let through what express-session takes', () => {
    for (const options of [
      { name: undefined, outage: undefined, deadline: undefined, prefix: undefined, cookie: undefined },
      { name: '__Host-sid', outage: () => 'fail', deadline: 1, prefix: '', cookie: () => ({}) },
      { cookie: { expires: new Date(Number.NaN) } },
      { cookie: { maxAge: null, expires: null } },
      { cookie: { maxAge: 0, secure: 'auto', sameSite: 'auto' } },
      { outage: null, cookie: null },
    ])
      assert.doesNotThrow(start(options))
  })

  it('a function for the cookie that returns nothing is one clear error', async () => {
    const routes = (app: any) => app.get('/', (_: unknown, res: any) => void res.send())
    const site = await open(ours.serve('', routes, { ...common, redis: undefined, cookie: () => undefined }))
    const { status, text } = await site.get('/')
    assert.equal(status, 500)
    assert.match(text, /option cookie was set to must return an object, not undefined/)
  })

  it('an id that is no string is warned of, once', async () => {
    const said = await warningsOf(`
      for (const id of [1, 2]) await ask({ genid: () => Promise.resolve('a') })`)
    assert.lengthOf(said, 1)
    assert.match(said[0]!, /genid must return a string; it returned a promise/)
  })
})
