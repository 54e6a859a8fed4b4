import { z } from 'zod'
import type { BalanceSettings } from '../model/settings.ts'
import { readAddress } from './addresses.ts'
import { address, count, duration, instead, section, text, written } from './fields.ts'
import { type Reading, readSize, SIZE_PATTERN } from './units.ts'
import { isNot } from './wording.ts'

const weightError = instead(input => isNot(input, 'a weight', 'a number above 0, up to 1000'))

const plainEndpoint = address('connect').transform(address => ({ address, weight: 1 }))

const weightedEndpoint = section({
  address: address('connect').describe('Where the endpoint is: `host:port`, `"[::1]:port"` or `unix:/path`.'),
  weight: z
    .number({ error: weightError })
    .gt(0, { error: weightError })
    .max(1_000, { error: weightError })
    .meta({ title: 'number above 0, up to 1000' })
    .prefault(1)
    .describe('Share of the requests in proportion to the other endpoints; all alike by default.'),
})

const endpoints = z
  .array(
    z.union([plainEndpoint, weightedEndpoint], {
      error: instead(input => {
        const reading = readAddress(input, 'connect')
        return 'problem' in reading ? reading.problem : undefined
      }),
    }),
    { error: instead(input => isNot(input, 'a list of endpoints', 'a list like [127.0.0.1:3001]')) },
  )
  .min(1, { error: instead(() => 'is empty; expected at least one endpoint') })
  .meta({ title: 'list of addresses, or of maps' })

/** RFC 9110 token: what a header, a cookie or a protocol can be called. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

const hashFields = section({
  header: text('header name', 'a name like x-user', TOKEN)
    .optional()
    .describe('Name of the request header whose value is hashed.'),
  cookie: text('cookie name', 'a name like cart', TOKEN)
    .optional()
    .describe('Name of the cookie whose value is hashed.'),
})
  .refine(fields => (fields.header === undefined) !== (fields.cookie === undefined), {
    error: issue => isNot(issue.input, 'one hash key', HASH_FORMS),
    // Where a key is unknown, that is the problem to tell.
    when: ({ issues }) => issues.length === 0,
  })
  .meta({ minProperties: 1, maxProperties: 1 })

const HASH_FORMS = 'exactly one of client, path, { header: name } or { cookie: name }'

const hash = z
  .union([z.enum(['client', 'path']), hashFields], {
    error: instead(input => isNot(input, 'a hash key', HASH_FORMS, ['client', 'path'])),
  })
  .meta({ title: '`client`, `path` or a map' })
  .describe(
    'What keeps together: requests with the same client address, path, header or cookie go to one endpoint; there is ' +
      'no default, since only the app knows.',
  )

const BALANCERS = ['least-connections', 'round-robin', 'two-choices', 'peak-ewma'] as const

const balance = z
  .union([z.enum(BALANCERS), section({ hash })], {
    error: instead(input => isNot(input, 'a balancer', `one of ${BALANCERS.join(', ')}, or { hash: ... }`, BALANCERS)),
  })
  .transform((chosen): BalanceSettings => {
    if (typeof chosen === 'string') return { name: chosen }
    const { hash } = chosen
    if (typeof hash === 'string') return { name: 'hash', key: { from: hash } }
    // Header names are compared without case, cookie names with it.
    if (hash.header !== undefined) return { name: 'hash', key: { from: 'header', name: hash.header.toLowerCase() } }
    return { name: 'hash', key: { from: 'cookie', name: hash.cookie! } }
  })

const timeouts = section({
  connect: duration('1ms', '24h')
    .prefault('1s')
    .describe('Time to open a connection; peers are near, and what takes longer has lost packets.'),
  head: duration('1ms', '24h')
    .prefault('15s')
    .describe(
      'Time from the last byte of the request to the first of the response head; half of total, so that there is ' +
        'time for another try.',
    ),
  idle: duration('1ms', '24h')
    .prefault('5m')
    .describe(
      'Time between two bytes, in either direction, once the response has begun; long, because event streams are ' +
        'silent for minutes.',
    ),
  total: duration('1ms', '24h')
    .prefault('30s')
    .describe(
      'Time from the request head to the response head, waiting in the queue and retries included; few clients wait ' +
        'longer.',
    ),
  keepAlive: duration('1ms', '24h')
    .prefault('3s')
    .describe(
      'Time that an idle upstream connection is kept, when the server gives no hint (then it is the hint less 1s); ' +
        "below the 5s of Node's servers, so that we close first.",
    ),
  tunnel: duration('1ms', '24h')
    .prefault('1h')
    .describe('Time that an upgraded connection may be silent; WebSocket apps send pings far more often.'),
})

function readBody(input: unknown): Reading<number> {
  if (input === 'unlimited') return { value: Infinity }
  const reading = readSize(input, '1B', '1TiB')
  return 'value' in reading ? reading : { problem: `${reading.problem}, or unlimited` }
}

const limits = section({
  inFlight: count(1, 1_000_000)
    .prefault(1_024)
    .describe('Requests under way at once; more wait in the queue; well above what one Node process does well.'),
  queue: count(0, 1_000_000)
    .prefault(128)
    .describe(
      'Requests that may wait for a place; more are answered 503 at once; short, as a long queue is only late.',
    ),
  queueTimeout: duration('1ms', '24h')
    .prefault('1s')
    .describe('Time that a request may wait in the queue; after a second the client is better served by a 503.'),
  connections: count(1, 65_535)
    .prefault(1_024)
    .describe('Upstream connections open to each endpoint; as many as inFlight, so that this binds only if lowered.'),
  body: written(readBody, 'size, 1B to 1TiB, or `unlimited`', `^unlimited$|${SIZE_PATTERN}`)
    .prefault('unlimited')
    .describe('Size of a request body in bytes; unlimited, because bodies stream through and the app knows its limit.'),
})

export const service = section({
  endpoints: endpoints.describe(
    'Interchangeable places where the service runs; each is an address, or a map with weight.',
  ),
  balance: balance
    .meta({ title: `\`${BALANCERS.join('`, `')}\` or a map` })
    .prefault('least-connections')
    .describe('Who gets the next request; least-connections, because it needs no tuning and steers around the slow.'),
  timeouts: timeouts.prefault({}).describe('How long to wait for the service; each has a default.'),
  limits: limits.prefault({}).describe('How much the service is given to do; each has a default.'),
  upgrades: z
    .array(
      text('protocol name', 'a name like websocket', /^[!#$%&'*+.^_`|~0-9A-Za-z-]+(\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?$/),
      {
        error: instead(input => isNot(input, 'a list of protocols', 'a list like [websocket]')),
      },
    )
    .transform(names => names.map(name => name.toLowerCase()))
    .meta({ title: 'list of protocol names' })
    .prefault(['websocket'])
    .describe(
      'Protocols that a request may upgrade to; after it bytes pass unseen, so only websocket by default; [] for none.',
    ),
})
