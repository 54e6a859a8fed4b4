import { assert } from 'chai'
import { DemoError } from '../../demo/demo-error.ts'
import { assertKeeps, keptIn } from '../../demo/keeping.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

describe('demo/keeping', () => {
  let redis: RedisServer

  before(async () => {
    redis = await startRedis()
  })

  after(() => redis.close())

  it('is in the embedded store or in Redis, and names no password', async () => {
    assert.equal(keptIn('/somewhere/sessions'), 'the embedded store in /somewhere/sessions')
    assert.equal(keptIn('rediss://me:secret@cache:6380/2?password=secret'), 'Redis at rediss://cache:6380/2')
    await assertKeeps(undefined)
    await assertKeeps(redis.url)
  })

  for (const [what, url, message] of [
    ['no URL', () => 'cache:6379', '--redis wants a URL, as in --redis redis://127.0.0.1:6379; "cache:6379" is none'],
    [
      'another URL',
      () => 'http://x/',
      '--redis wants a URL, as in --redis redis://127.0.0.1:6379; "http://x/" is none',
    ],
    ['a database that is not there', () => `${redis.url}/99`, /^Redis at \S+\/99 cannot be used: ERR DB index is out/],
    ['nobody there', () => 'redis://:secret@127.0.0.1:1', /^Redis at redis:\/\/127.0.0.1:1 cannot .* ECONNREFUSED/],
  ] as const) {
    it(`is refused: ${what}`, async () => {
      const error = await assertKeeps(url()).then(
        () => undefined,
        error => error,
      )
      assert.instanceOf(error, DemoError)
      if (typeof message === 'string') assert.equal(error.message, message)
      else assert.match(error.message, message)
      assert.equal(error.exitCode, 1)
    })
  }
})
