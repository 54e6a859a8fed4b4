import { z } from 'zod'
import { readAddress } from './addresses.ts'
import { balance } from './balance-schema.ts'
import { address, duration, flag, instead, section, text } from './fields.ts'
import { health } from './health-schema.ts'
import { hedge } from './hedge-schema.ts'
import { limits } from './limits-schema.ts'
import { faults, panic, slowStart } from './resilience-schema.ts'
import { retries } from './retry-schema.ts'
import { sticky } from './sticky-schema.ts'
import { breaker, ejection } from './trip-schema.ts'
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
  perTry: duration('1ms', '24h')
    .prefault('15s')
    .describe(
      'Time of one attempt, from the pick (or the last byte of the request, if that comes later) to the response ' +
        'head; as long as head, so that it binds only if lowered.',
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
      'Time from the last byte of the request to the response head, waiting in the queue and retries included; few ' +
        'clients wait longer.',
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

export const service = section({
  endpoints: endpoints.describe(
    'Interchangeable places where the service runs; each is an address, or a map with weight.',
  ),
  balance: balance
    .prefault('least-connections')
    .describe('Who gets the next request; least-connections, because it needs no tuning and steers around the slow.'),
  timeouts: timeouts.prefault({}).describe('How long to wait for the service; each has a default.'),
  limits: limits.prefault({}).describe('How much the service is given to do; each has a default.'),
  health: health
    .prefault(false)
    .describe('Checks each member, and gives nothing to the unhealthy; off, because only the app knows what to ask.'),
  ejection: ejection
    .prefault({})
    .describe(
      'Keeps a member out for a time because of its answers; on, because a host that fails fast would draw all ' +
        'requests; {} for the defaults.',
    ),
  panic,
  breaker: breaker
    .prefault(false)
    .describe(
      'One per member, never ignored, even if no member is left; off, because ejection does while there are others; ' +
        '{} for the defaults.',
    ),
  serviceBreaker: breaker
    .prefault(false)
    .describe(
      'One for the whole service: while it is open, requests are answered 503 at once; off, since it also stops what ' +
        'still works; {} for the defaults.',
    ),
  retries: retries
    .prefault({})
    .describe('Repeats what failed and may be repeated, at another member; on, within a budget; false for none.'),
  hedge: hedge
    .prefault(false)
    .describe(
      'Sends a second attempt when the first is slow, and takes what answers first; off, as it costs requests; {} ' +
        'for the defaults.',
    ),
  slowStart: slowStart
    .prefault(false)
    .describe('Gives a new member its share little by little; off, as most are quick to start; {} for the defaults.'),
  faults: faults.prefault(false).describe('Delays or fails requests on purpose, to test the callers; off, of course.'),
  sticky: sticky
    .prefault(false)
    .describe(
      'Keeps each client at one endpoint while that can serve; off, because it makes load uneven, and a session store ' +
        'does without.',
    ),
  loadReports: flag()
    .prefault(true)
    .describe(
      'Whether the load that endpoints report with their answers counts in the balancing and ends here; on, as it ' +
        'costs nothing where none do; false passes it on, to a sidecar in front of this one.',
    ),
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
