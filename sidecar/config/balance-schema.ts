import { z } from 'zod'
import type { BalanceSettings } from '../model/settings.ts'
import { asWhole, instead, section, TOKEN, text } from './fields.ts'
import { isNot } from './wording.ts'

const hashFields = section({
  header: text('header name', 'a name like x-user', TOKEN)
    .optional()
    .describe('Name of the request header whose value is hashed.'),
  cookie: text('cookie name', 'a name like cart', TOKEN)
    .optional()
    .describe('Name of the cookie whose value is hashed.'),
})
  .refine(
    fields => (fields.header === undefined) !== (fields.cookie === undefined),
    asWhole(input => isNot(input, 'one hash key', HASH_FORMS)),
  )
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

export const balance = z
  .union([z.enum(BALANCERS), section({ hash })], { error: instead(wordBalance) })
  .transform((chosen): BalanceSettings => {
    if (typeof chosen === 'string') return { name: chosen }
    const { hash } = chosen
    if (typeof hash === 'string') return { name: 'hash', key: { from: hash } }
    // Header names are compared without case, cookie names with it.
    if (hash.header !== undefined) return { name: 'hash', key: { from: 'header', name: hash.header.toLowerCase() } }
    return { name: 'hash', key: { from: 'cookie', name: hash.cookie! } }
  })
  .meta({ title: `\`${BALANCERS.join('`, `')}\` or a map` })

function wordBalance(input: unknown): string {
  const expected = `one of ${BALANCERS.join(', ')}, or { hash: ... }`
  const name = typeof input === 'string' ? input.toLowerCase().replaceAll(/[^a-z0-9]/g, '') : ''
  const meant = Object.entries(ELSEWHERE).find(([, names]) => names.split(' ').includes(name))?.[0]
  if (meant?.startsWith('{')) return `${isNot(input, 'a balancer', expected)}. Did you mean ${meant}?`
  return isNot(input, 'a balancer', expected, meant ?? BALANCERS)
}

/** What other proxies call it, without what joins the words. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'least-connections': 'leastconn leastconnection leastconnections leastrequest leastrequests lc',
  'round-robin': 'roundrobin rr wrr weightedroundrobin staticrr',
  'two-choices': 'random randomtwo randomtwoleastconn randomchoose p2c poweroftwo twochoices',
  'peak-ewma': 'ewma peakewma leasttime',
  '{ hash: client }': 'hash iphash clientiphash source sourceip ringhash consistenthash maglev',
  '{ hash: path }': 'uri urihash pathhash',
}
