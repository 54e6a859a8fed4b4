import { assert } from 'chai'
import { DemoError } from '../../demo/demo-error.ts'
import { readOptions } from '../../demo/options.ts'

describe('demo/options', () => {
  it('stand for 8080 and no end when there are none', () => {
    assert.deepEqual(readOptions([]), { port: 8080, seconds: undefined, chaos: false, redis: undefined, help: false })
  })

  it('are read', () => {
    assert.deepEqual(readOptions(['--for', '1.5', '--port=0']), {
      port: 0,
      seconds: 1.5,
      chaos: false,
      redis: undefined,
      help: false,
    })
    assert.deepInclude(readOptions(['--chaos', '--for', '12']), { seconds: 12, chaos: true })
    assert.equal(readOptions(['--redis', 'redis://127.0.0.1']).redis, 'redis://127.0.0.1')
    assert.isTrue(readOptions(['-h']).help)
  })

  for (const [args, message] of [
    [['--for', '10s'], '--for wants seconds, above 0 and up to 604800, as in --for 10; "10s" is none'],
    [['--for', '0'], '--for wants seconds, above 0 and up to 604800, as in --for 10; "0" is none'],
    [['--for', '1e3'], '--for wants seconds, above 0 and up to 604800, as in --for 10; "1e3" is none'],
    [['--for', '604801'], '--for wants seconds, above 0 and up to 604800, as in --for 10; "604801" is none'],
    [['--for'], "Option '--for <value>' argument missing"],
    [['--port', '65536'], '--port wants a port, 0 to 65535, as in --port 8081; "65536" is none'],
    [['--port', 'http'], '--port wants a port, 0 to 65535, as in --port 8081; "http" is none'],
    [['--chaos', '--for', '11.9'], '--chaos takes 12 seconds at least; --for 11.9 is too short'],
    [['--fast'], "Unknown option '--fast'"],
    [['now'], "Unexpected argument 'now'"],
  ] as const) {
    it(`are refused: ${args.join(' ')}`, () => {
      const refused = () => readOptions(args)
      assert.throws(refused, DemoError, `${message}; see npm start -- --help`)
    })
  }
})
