import { z } from 'zod'
import { PREFIX_PATTERN, readNetwork, readPrefix, readRouteHost } from './addresses.ts'
import { address, count, duration, flag, instead, listError, section, size, text, written } from './fields.ts'
import { routeSticky } from './sticky-schema.ts'
import { isNot, textOf, withoutQuotes } from './wording.ts'

const timeouts = section({
  head: duration('1ms', '24h')
    .prefault('10s')
    .describe(
      'Time from the first byte of a request head to its last; an honest head comes in one or two packets, a slow ' +
        'one is how connections are held hostage.',
    ),
  idle: duration('1ms', '24h')
    .prefault('60s')
    .describe(
      'Time between two bytes of a request body, and between two successful writes to a slow client; long enough for ' +
        'a phone that changes networks.',
    ),
  keepAlive: duration('1ms', '24h')
    .prefault('75s')
    .describe(
      'Time that a client connection may stay open between two requests; longer than the 60s of most load balancers, ' +
        'so that they close first and never write into a connection that is closing.',
    ),
})

const limits = section({
  connections: count(1, 1_000_000)
    .prefault(10_000)
    .describe(
      'Client connections that may be open at once; more than one process serves well, and fewer than use up ' +
        'its memory.',
    ),
  head: size('1KiB', '64KiB')
    .prefault('16KiB')
    .describe("Size of a request head in bytes, request line included; Node's own limit, so apps see nothing new."),
  target: size('64B', '64KiB')
    .prefault('8KiB')
    .describe('Size of the request target (path and query) in bytes; RFC 9112 wants at least 8000.'),
  fields: count(1, 1_000)
    .prefault(100)
    .describe('Number of fields (headers) in a request; browsers send about 20, and each one costs a scan.'),
})

const route = section({
  host: written(readRouteHost, 'host, or "*." and a host')
    .optional()
    .describe(
      'Host that the request must be for, without port; `*.shop.example` stands for one or more labels; every host ' +
        'when left out, so that one route can be the rest.',
    ),
  prefix: written(readPrefix, 'path', PREFIX_PATTERN)
    .prefault('/')
    .describe(
      'Path that the request must begin with, in whole segments: `/api` fits `/api/x`, not `/apix`; the longest that ' +
        'fits wins; every path by default.',
    ),
  service: text('service name', 'a name under services').describe('Name of the service that gets these requests.'),
  idempotent: flag()
    .prefault(false)
    .describe(
      'Whether these requests may be repeated whatever their method; if not, only those of idempotent methods are, ' +
        'since only the app knows what it may do twice.',
    ),
  sticky: routeSticky
    .optional()
    .describe("Keeps each client at one endpoint, in place of the service's own sticky; false for not at all."),
})

const routes = z
  .array(route, { error: listError('a list of routes', 'at least one route', 'service') })
  .min(1, { error: instead(() => 'is empty; expected at least one route, or no routes key at all') })
  .meta({ title: 'list of routes' })

const MOST_HOPS = 32

const networks = z
  .array(written(readNetwork, 'network'), { error: instead(wordTrust) })
  .min(1, { error: instead(() => 'is empty; to believe nobody, write 0') })
  .meta({ title: 'list of networks' })

export const listener = section({
  listen: address('listen').describe(
    'Address to accept connections on: `host:port` (port 0: any free one), `"[::1]:port"` or `unix:/path`; in ' +
      'brackets only with quotes, as YAML wants it.',
  ),
  service: text('service name', 'a name under services')
    .optional()
    .describe(
      'Name of the service that gets every request; without it and without routes, the host of each request is the ' +
        "service's name: that is for an app's outbound calls.",
    ),
  routes: routes.optional().describe('Which service gets which requests, by host and path; not together with service.'),
  outlive: flag()
    .optional()
    .describe(
      'Whether it goes on when the others drain, until the app that calls through it is gone or the grace ends; true ' +
        'for a listener without service and routes, since an app that drains still calls its peers.',
    ),
  trust: z
    .union([count(0, MOST_HOPS), networks], { error: instead(wordTrust) })
    .prefault(0)
    .describe(
      'Whose X-Forwarded-* fields are believed: those of the last n proxies, or of peers in these networks (CIDR); ' +
        "nobody's by default, since anyone can write them.",
    ),
  timeouts: timeouts.prefault({}).describe('How long to wait for the client; each has a default.'),
  limits: limits.prefault({}).describe('How much one client, or all of them, may ask for; each has a default.'),
})

function wordTrust(input: unknown): string {
  const meant = input === 'loopback' ? '127.0.0.0/8, "::1"' : networkOf(input)
  return (
    isNot(input, 'a number of hops or a list of networks', `0 to ${MOST_HOPS}, or a list like [10.0.0.0/8]`) +
    withoutQuotes(input, /^\d+$/.test(textOf(input)) && Number(input) <= MOST_HOPS) +
    (meant === undefined ? '' : `. Did you mean [${meant}]?`)
  )
}

function networkOf(input: unknown): string | undefined {
  if ('problem' in readNetwork(input)) return undefined
  const text = textOf(input)
  return text.includes(':') ? `"${text}"` : text
}
