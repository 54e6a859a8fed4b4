// How a client is kept at one member. One key says by what; which others go with it, sticky-consistency.ts says.

import { z } from 'zod'
import type { StickyBy, StickySettings } from '../model/sticky-settings.ts'
import { choice, count, duration, flag, instead, orFalse, section, TOKEN, text, written } from './fields.ts'
import type { Reading } from './units.ts'
import { isNot } from './wording.ts'

const cookieName = (like: string) => text('cookie name', `a name like ${like}`, TOKEN)

const cookieMap = section({
  name: cookieName('outrigger_pin')
    .prefault('outrigger_pin')
    .describe('Name of the cookie; one that begins with __Host- or __Secure- is always sent with Secure.'),
  path: text('cookie path', 'a path like /shop', /^\/[!#-:<-~]*$/)
    .prefault('/')
    .describe('Path attribute of the cookie; every path, since all of a service lives at the same endpoint.'),
  domain: text('cookie domain', 'a host like shop.example', /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/)
    .optional()
    .describe('Domain attribute of the cookie; the host that was asked and no other when left out, as that is safest.'),
  sameSite: choice('a SameSite policy', ['lax', 'strict', 'none'])
    .prefault('lax')
    .describe(
      'SameSite attribute of the cookie; none, for pages of other sites, comes with Secure, as browsers want it.',
    ),
  partitioned: flag()
    .prefault(false)
    .describe('Whether the cookie is Partitioned (CHIPS), for embedded pages; it comes with Secure then.'),
})

const cookie = z
  .union([cookieName('outrigger_pin'), cookieMap], {
    error: instead(input =>
      isNot(input, 'a cookie', 'a name like outrigger_pin, or a map like { name: outrigger_pin }'),
    ),
  })
  .transform(written => (typeof written === 'string' ? { ...COOKIE_DEFAULTS, name: written } : written))
  .meta({ title: 'cookie name or a map' })

const COOKIE_DEFAULTS = cookieMap.parse({})

export const LEAST_KEY = 16

/** What was written is a secret: no message shows it. */
function readKey(input: unknown): Reading<string> {
  if (typeof input !== 'string') return { problem: `is not a key; expected text of at least ${LEAST_KEY} characters` }
  if (input.length >= LEAST_KEY) return { value: input }
  const found = input.length === 1 ? '1 character' : `${input.length} characters`
  return { problem: `has ${found}; expected at least ${LEAST_KEY}, such as openssl rand -base64 32 gives` }
}

const oneKey = written(readKey, `text, at least ${LEAST_KEY} characters`, `^.{${LEAST_KEY},}$`)

const key = z
  .union(
    [
      oneKey,
      z
        .array(oneKey)
        .min(1, { error: instead(() => `is empty; expected at least one key of ${LEAST_KEY} characters`) }),
    ],
    {
      error: instead(input => {
        const reading = readKey(input)
        return 'problem' in reading ? reading.problem : undefined
      }),
    },
  )
  .transform(written => (typeof written === 'string' ? [written] : written))
  .meta({ title: `text, at least ${LEAST_KEY} characters, or a list` })

const learn = z
  .union(
    [
      cookieName('connect.sid'),
      section({
        header: text('header name', 'a name like mcp-session-id', TOKEN).describe(
          'Name of the response header that brings the id, and of the request header that brings it back.',
        ),
      }),
    ],
    {
      error: instead(input => isNot(input, 'a source of ids', 'a cookie name like connect.sid, or { header: name }')),
    },
  )
  .meta({ title: 'cookie name or a map' })

const stickyMap = section({
  cookie: cookie
    .optional()
    .describe('By a cookie of our own, which says where the client lives; its name, or a map; needs key.'),
  learn: learn
    .optional()
    .describe('By the id that the app gives its client in this cookie, or header; this process remembers who gave it.'),
  hash: cookieName('connect.sid')
    .optional()
    .describe('By the hash of this cookie of the app; nothing is remembered, and all sidecars agree.'),
  header: text('header name', 'a name like x-session', TOKEN)
    .optional()
    .describe('By the hash of this request header, for clients that make their own id.'),
  query: text('name', 'a name like session', /^[^&=#\s]+$/)
    .optional()
    .describe(
      'By the hash of this parameter of the query, as it is written there, for clients that make their own id.',
    ),
  key: key
    .optional()
    .describe(
      'Secret that pins are signed with, the same for all sidecars; of a list the first signs and all are believed, ' +
        'so that it can be changed; required with cookie.',
    ),
  idle: duration('1s', '365d')
    .prefault('1h')
    .describe('Time without a request after which the client is free again; an hour, as most sessions are shorter.'),
  life: duration('1s', '365d')
    .prefault('1d')
    .describe('Time after which the client is free again, whatever it does; a day, so that load evens out in the end.'),
  entries: count(1, 10_000_000)
    .prefault(100_000)
    .describe('Ids remembered by learn at most; the one not used for longest goes; 100000 take some 20 MB.'),
  onLost: choice('a way out', ['rebalance', 'strict'])
    .prefault('rebalance')
    .describe(
      'What a client gets whose endpoint cannot serve: another endpoint, or a 503 until its own is back; another, ' +
        'since stickiness should never be the only home of state.',
    ),
  drain: duration('0s', '7d')
    .prefault('5m')
    .describe(
      'Time for which an endpoint that has left, or is held, goes on serving those that live there, if it can; long ' +
        'enough to end what was begun.',
    ),
}).transform((map): StickySettings => {
  const { cookie, learn, hash, header, query, key, idle, life, entries, onLost, drain } = map
  const by: StickyBy =
    cookie !== undefined
      ? { kind: 'cookie', ...cookie, domain: cookie.domain, keys: key ?? [], idle, life }
      : learn !== undefined
        ? { kind: 'learned', ...sourceOf(learn), idle, entries }
        : hash !== undefined
          ? { kind: 'hashed', from: 'cookie', name: hash }
          : header !== undefined
            ? { kind: 'hashed', from: 'header', name: header.toLowerCase() }
            : { kind: 'hashed', from: 'query', name: query ?? '' }
  return { by, onLost, drain }
})

// biome-ignore lint/suspicious/noTemplateCurlyInString: the variable is the configuration's
const LIKE = '{ cookie: outrigger_pin, key: "${STICKY_KEY}" }'

export const sticky = orFalse(stickyMap, 'a way to keep clients', LIKE)

/** Here nothing at all is something else than false. */
export const routeSticky = z
  .union([z.literal(false), stickyMap], {
    error: instead(input => isNot(input, 'a way to keep clients', `false, or a map like ${LIKE}`)),
  })
  .meta({ title: '`false` or a map' })

function sourceOf(learn: string | { readonly header: string }) {
  return typeof learn === 'string'
    ? { from: 'cookie' as const, name: learn }
    : { from: 'header' as const, name: learn.header.toLowerCase() }
}
