import { assert } from 'chai'
import { sessions } from '../../middleware/index.ts'
import { closing } from '../support/clients.ts'
import { ours } from './contenders.ts'
import { warningsOf } from './warnings.ts'

describe('cookie prefix', () => {
  const open = closing()
  const common = { secret: 'keyboard cat', resave: false, saveUninitialized: true, redis: undefined }
  const start = (options: object) => () => sessions({ ...common, ...options })
  const sent = async (options: object, headers: Record<string, string> = { 'x-forwarded-proto': 'https' }) => {
    const routes = (app: any) => app.get('/', (_: unknown, res: any) => void res.send())
    const site = await open(ours.serve('', routes, { ...common, proxy: true, cookie: {}, ...options }))
    const { status, text, headers: got } = await site.get('/', undefined, headers)
    return status === 200 ? got['set-cookie']?.[0]?.replace(/=s%3A[^;]+/, '=') : text
  }

  it('__Host- and __Secure- bring what they demand, also when the options are a function', async () => {
    const host = '__Host-sid=; Path=/; HttpOnly; Secure'
    assert.equal(await sent({ name: '__Host-sid' }), host)
    assert.equal(await sent({ name: '__Host-sid', cookie: () => ({}) }), host)
    assert.equal(await sent({ name: '__Host-sid', cookie: { path: '/', secure: true } }), host)
    assert.equal(await sent({ name: '__HOST-sid' }), host.replace('Host', 'HOST'))
    const secure = { name: '__Secure-sid', cookie: { domain: 'example.org' } }
    assert.equal(await sent(secure), '__Secure-sid=; Domain=example.org; Path=/; HttpOnly; Secure')
    // Without TLS a browser would not keep it.
    assert.isUndefined(await sent({ name: '__Host-sid' }, {}))
  })

  const bad: [object, RegExp][] = [
    [
      { name: '__Host-sid', cookie: { secure: false } },
      /^the cookie name __Host-sid demands secure: true, but .* is false/,
    ],
    [{ name: '__Host-sid', cookie: { secure: 'auto' } }, /is auto/],
    [{ name: '__Host-sid', cookie: { path: '/app' } }, /demands path: '\/', but cookie.path is "\/app"/],
    [{ name: '__Host-sid', cookie: { domain: 'a.org' } }, /allows no domain, but cookie.domain is "a.org"/],
    [{ name: '__Secure-sid', cookie: { secure: false } }, /^the cookie name __Secure-sid demands secure/],
    [{ key: '__host-sid', cookie: { domain: 'a.org' } }, /__host-sid allows no domain/],
    [{ cookie: { partitioned: true, secure: false } }, /^cookie.partitioned demands secure: true/],
  ]
  it('and options that contradict it are a TypeError at start', () => {
    for (const [options, message] of bad) assert.throws(start(options), TypeError, message)
    assert.doesNotThrow(start({ name: '__Secure-sid', cookie: { path: '/app', domain: 'a.org' } }))
    assert.doesNotThrow(start({ cookie: { partitioned: true, secure: true } }))
  })

  it('what comes from a request is not told, so that it is told, and kept, once', async () => {
    const said = await warningsOf(`
      for (const domain of ['a.org', 'b.org', 'c.org'])
        await ask({ name: '__Host-b', cookie: () => ({ domain }) }, { 'x-forwarded-proto': 'https' })`)
    assert.lengthOf(
      said.filter(text => /__Host-b allows no domain, but cookie.domain is set otherwise by the function/.test(text)),
      1,
    )
  })

  it('what browsers will not keep is warned of, each once', async () => {
    const said = await warningsOf(`
      await ask({ name: '__Host-a', cookie: () => ({ domain: 'a.org', path: '/x' }) }, {}, 1)
      await ask({ cookie: { sameSite: 'none' } })
      await ask({ cookie: () => ({ partitioned: true }) })
      const plain = await ask({ cookie: { secure: true } })
      const proxied = await ask({ cookie: { secure: true } }, { 'x-forwarded-proto': 'https' })
      const trusted = await ask({ cookie: { secure: true }, proxy: true }, { 'x-forwarded-proto': 'https' })
      said.push(String(plain.cookie), String(proxied.cookie), String(trusted.cookie?.includes('Secure')))`)
    assert.match(said[0]!, /__Host-a demands path: '\/', but cookie.path is set otherwise by the function; sent/)
    assert.match(
      said[1]!,
      /this request did not come by TLS.*let it send X-Forwarded-Proto, and set `proxy: true` or app/,
    )
    assert.match(said[2]!, /sameSite 'none' without cookie.secure/)
    assert.match(said[3]!, /partitioned without cookie.secure/)
    assert.match(
      said[4]!,
      /says that the client used TLS, but is not trusted: set `proxy: true` or app.set\('trust proxy'/,
    )
    assert.deepEqual(said.slice(5), ['null', 'null', 'true'])
  })
})
