import { assert } from 'chai'
import type { Cluster, Redis } from 'ioredis'
import { RedisStore, sessions } from '../../middleware/index.ts'
import { open } from '../../middleware/stores/redis-source.ts'

describe('redis option', () => {
  /** What became of it; nothing is waited for, and what is not there does not matter. */
  const made = (source: any): any => {
    const client = open(source)
    client.on('error', () => {})
    client.disconnect()
    return 'nodes' in client
      ? { nodes: (client as any).startupNodes, each: (client as Cluster).options.redisOptions }
      : (client as Redis).options
  }

  it('takes the URLs that ioredis takes', () => {
    assert.include(made('redis://ada:pw@127.0.0.1:1/3'), {
      host: '127.0.0.1',
      port: 1,
      username: 'ada',
      password: 'pw',
      db: 3,
    })
    assert.isOk(made('rediss://127.0.0.1:1').tls)
  })

  it('takes URLs of sentinels', () => {
    const options = made('redis+sentinel://ada:p%40ss@127.0.0.1:1,[::1]:2,localhost/my-master/2')
    assert.deepEqual(options.sentinels, [
      { host: '127.0.0.1', port: 1 },
      { host: '::1', port: 2 },
      { host: 'localhost', port: 26_379 },
    ])
    assert.include(options, { name: 'my-master', username: 'ada', password: 'p@ss', db: 2 })
    assert.deepInclude(made('rediss+sentinel://127.0.0.1:1/m'), {
      ...{ tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true },
    })
  })

  it('takes a Cluster by URL, by nodes, and by nodes and options', () => {
    const nodes = [
      { host: '127.0.0.1', port: 1 },
      { host: '127.0.0.1', port: 6_379 },
    ]
    const byUrl = made('rediss+cluster://:pw@127.0.0.1:1,127.0.0.1')
    assert.deepEqual(byUrl.nodes, nodes)
    assert.deepInclude(byUrl.each, { password: 'pw', tls: {} })
    assert.deepEqual(made('redis://127.0.0.1:1,127.0.0.1').nodes, nodes)
    assert.deepEqual(made(nodes).nodes, nodes)
    const options = { password: 'pw', redisOptions: { connectionName: 'me' } }
    assert.deepInclude(made({ cluster: nodes, ...options }).each, { password: 'pw', connectionName: 'me' })
    // The other nodes are known by addresses only.
    assert.deepInclude(made(['rediss://ada:pw@127.0.0.1:1']).each, { username: 'ada', password: 'pw', tls: {} })
    assert.include(made([{ host: '127.0.0.1', port: 1, password: 'pw' }]).each, { password: 'pw' })
  })

  for (const [what, source, message] of [
    ['another scheme', 'http://127.0.0.1', /begins with redis:\/\/ or rediss:\/\/, not http:\/\//],
    ['a list with a query', 'redis://a,b?db=1', /takes no query/],
    ['a list with a hole', 'redis://a,,b', /no host and port/],
    ['sentinels without a name', 'redis+sentinel://127.0.0.1:1', /sentinels need name/],
    ['no nodes', [], /at least one node, not an empty array/],
    ['one node in place of nodes', { cluster: 'redis://a' }, /at least one node, not a string/],
    ['an empty string', '', /^redis is an empty string; is the environment variable set\?$/],
    ['blanks', ' ', /^redis is an empty string/],
    ['a URL in an object', { url: 'redis://a' }, /^redis\.url is no option of ioredis: give the URL itself/],
    ['a socket of node-redis', { socket: { host: 'a' } }, /^redis\.socket is no option of ioredis: give host and port/],
    ['a number', 6379, /URL, options or an ioredis instance, not a number/],
    ['null', null, /not null/],
    ['the client of another library', { on() {} }, /another library/],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => sessions({ secret: 'keyboard cat', redis: source as never }), TypeError, message)
    })
  }

  it('of RedisStore has neither serializer nor disableTTL, and a deadline above 0', () => {
    for (const [options, message] of [
      [{ serializer: JSON }, /no serializer/],
      [{ disableTTL: true }, /no disableTTL/],
      [{ deadline: 0 }, /deadline .* above 0/],
    ] as const)
      assert.throws(() => new RedisStore({ client: { lazyConnect: true }, ...options } as never), TypeError, message)
  })
})
