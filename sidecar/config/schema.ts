// The one source of what a configuration may say: validation, defaults, the reference page and the JSON Schema all come
// from here. A later feature is a section of its own, put into `service` or `listener` by one line.

import { z } from 'zod'
import { ADDRESS_PATTERN, ADMIN_DEFAULT, readAddress, SERVICE_NAME_PATTERN } from './addresses.ts'
import { choice, duration, flag, instead, listError, section, written } from './fields.ts'
import { listener } from './listener-schema.ts'
import { service } from './service-schema.ts'
import type { Reading } from './units.ts'
import { isNot } from './wording.ts'

const log = section({
  level: choice('a log level', ['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .prefault('info')
    .describe('What is logged; info has the starts, stops and changes of state, and nothing per request.'),
  access: flag()
    .prefault(false)
    .describe('Whether each request gets a line in the log; off, because off costs nothing.'),
})

const admin = z
  .union([z.literal(false), written(readAdmin, 'address', ADDRESS_PATTERN)], {
    error: instead(input => isNot(input, 'an address', 'host:port, "[::1]:port", unix:/path or false')),
  })
  .meta({ title: 'address, or `false`' })

export const configuration = section({
  admin: admin
    .prefault(ADMIN_DEFAULT)
    .describe(
      'Address for operators (health, status, metrics); on loopback, because it asks for no password; false turns ' +
        'it off.',
    ),
  delay: duration('0s', '1h')
    .prefault('0s')
    .describe(
      'Time from SIGTERM until the listeners close: meanwhile /readyz fails and each answer says Connection: close, so ' +
        'that clients and balancers go elsewhere before anything is refused; for a sidecar in front of apps, of which ' +
        'there is another.',
    ),
  grace: duration('0s', '24h')
    .prefault('15s')
    .describe(
      'Time that a drain may take, after the delay, before what is still open is cut; with the delay below the 30s ' +
        'after which Kubernetes kills; 0s cuts at once.',
    ),
  log: log.prefault({}).describe('What is written to standard output.'),
  listeners: z
    .array(listener, { error: listError('a list of listeners', 'at least one listener', 'listen') })
    .min(1, { error: instead(() => 'is empty; expected at least one listener') })
    .meta({ title: 'list of maps' })
    .describe('Where requests come in.'),
  services: z
    .record(z.string(), service, {
      error: instead(input =>
        Array.isArray(input)
          ? isNot(input, 'a map of services', 'a map by name: write "web:" in place of a dash')
          : isNot(input, 'a map of services', 'at least one name with its endpoints'),
      ),
    })
    .meta({ title: 'map by name', minProperties: 1, propertyNames: { pattern: SERVICE_NAME_PATTERN } })
    .describe('Where requests go, by name; a name is used as host, so it is a host label and compared without case.'),
})

export type Configuration = z.output<typeof configuration>

function readAdmin(input: unknown): Reading<string> {
  const off = typeof input === 'string' && /^(off|no|none|disabled)$/i.test(input)
  return off ? { problem: isNot(input, 'an address', 'false to turn it off') } : readAddress(input, 'listen')
}
