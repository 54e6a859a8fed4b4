import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import { site } from './contenders.ts'
import { warningsOf } from './warnings.ts'

describe('secrets', () => {
  const start = (options: object) => () => sessions({ resave: false, saveUninitialized: false, ...options })

  it('of the examples of express-session start as they are', () => {
    for (const secret of [
      'keyboard cat',
      'nyan cat',
      ['keyboard cat', 'nyan cat'],
      'secret',
      Buffer.alloc(32),
      undefined,
    ])
      assert.doesNotThrow(start({ secret }))
  })

  const bad: [object, RegExp][] = [
    [{ secret: '' }, /^secret option is empty, at least 6 are needed; make one with: node -e "/],
    [{ secret: 'short' }, /^secret option is 5 characters long, at least 6/],
    [{ secret: ['keyboard cat', ''] }, /^secret\[1\] option is empty/],
    [{ secret: Buffer.alloc(4) }, /^secret option is 4 bytes long/],
    [{ secret: 12345678 }, /^secret option must be a string or a Buffer, not number/],
    [{ secret: [null] }, /^secret\[0\] option must be a string or a Buffer, not null/],
    [{ secret: 'keyboard cat', minSecretLength: 32 }, /12 characters long, at least 32/],
    [{ secret: 'keyboard cat', minSecretLength: 0 }, /^minSecretLength option must be a whole number above 0, not 0/],
    [{ secret: 'keyboard cat', minSecretLength: '32' }, /^minSecretLength option/],
  ]
  it('that are bad are refused, naming option and length, and not repeated', () => {
    for (const [options, message] of bad) assert.throws(start(options), TypeError, message)
    assert.throws(start({ secret: 'hunt2' }), /^(?!.*hunt2)/)
  })

  it('may be changed in place: one that is taken out is accepted no more, and the first one signs', async () => {
    const secret = ['keyboard cat', 'the other cat']
    const middleware = sessions({
      resave: false,
      saveUninitialized: false,
      secret,
      store: new MemoryStore(),
      rolling: true,
    })
    const served = await site(
      middleware,
      app => {
        app.get('/in', (req: any, res) => {
          req.session.user = 'ada'
          res.send('in')
        })
        app.get('/me', (req: any, res) => void res.send(String(req.session.user)))
      },
      () => middleware.close(),
    )
    try {
      const first = await served.get('/in')
      assert.equal((await served.get('/me', first)).text, 'ada')
      secret.unshift('the new cat')
      const renewed = await served.get('/me', first)
      assert.equal(renewed.text, 'ada')
      assert.notEqual(renewed.cookie, first.cookie)
      secret.length = 1
      assert.equal((await served.get('/me', first)).text, 'undefined')
      assert.equal((await served.get('/me', renewed)).text, 'ada')
    } finally {
      await served.close()
    }
  })

  it('in production are warned of when short or known to everybody, once', async () => {
    const code = `
      for (const secret of ['keyboard cat', 'keyboard cat', 'my-secret', 'Xk3-9fQz1', 'x'.repeat(32)])
        sessions({ ...common, secret, store: new sessions.MemoryStore() })`
    const said = await warningsOf(code, { NODE_ENV: 'production' })
    assert.lengthOf(said, 2, said.join('\n'))
    assert.match(said[0]!, /placeholder that everybody knows; make one with/)
    assert.match(said[1]!, /9 characters long, 32 are advised/)
    assert.isEmpty(await warningsOf(code, { NODE_ENV: 'test' }))
  })
})
