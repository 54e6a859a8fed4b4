/** The judgements. Each looks at both sides of the proxy; `verdict` adds what holds in every case. */
import { type Field, type RawResponse, valuesOf } from '../support/raw.ts'
import type { Check, Judge, Observation } from './case.ts'

/** No fault may be visible on either side, whatever else is expected. */
export function verdict(judge: Judge, seen: Observation): string | undefined {
  const faulty = seen.origin.connections.find(connection => connection.fault !== undefined)
  if (faulty) return `the origin could not read what it got: ${faulty.fault}`
  if (seen.client.fault !== undefined) return `the client could not read what it got: ${seen.client.fault}`
  const { responses, rest } = seen.client
  if (rest.length > 0 && responses.every(each => each.complete && each.status !== 101)) return `stray ${quote(rest)}`
  return judge.check(seen)
}

/** Nothing reaches the origin; the client gets one refusal (or, where no status is named, maybe none) and the end. */
export function rejects(...statuses: readonly number[]): Judge {
  return judge(`reject ${statuses.join('|')}`.trim(), reachesNothing, refusal(statuses), closes)
}

/** A request without fault that is not served: the connection may stay. */
export function refuses(...statuses: readonly number[]): Judge {
  return judge(`refuse ${statuses.join('|')}`.trim(), reachesNothing, refusal(statuses, false))
}

/** The fault lies in a body that may already be on its way: the origin never sees that request whole. */
export function breaks(...statuses: readonly number[]): Judge {
  return judge(`break ${statuses.join('|')}`.trim(), wholeRequests(0), abandoned, refusal(statuses, true), closes)
}

/** The first `count` requests are answered with 200; what follows is rejected. */
export function rejectsAfter(count: number, ...statuses: readonly number[]): Judge {
  return judge(`${count} ok, reject ${statuses.join('|')}`.trim(), wholeRequests(count), abandoned, closes, seen => {
    const [bad, ...more] = seen.client.responses.slice(count)
    const good = seen.client.responses.slice(0, count)
    if (good.length < count || good.some(r => r.status !== 200 || !r.complete)) return 'the good requests got no answer'
    if (more.length > 0) return 'answers to more than was asked'
    if (seen.origin.bytes.includes('smuggled')) return 'what follows the fault reached the origin'
    return statuses.length > 0 && bad && !statuses.includes(bad.status) ? `status ${bad.status}` : undefined
  })
}

/** Every request reaches the origin whole and is answered with a whole 200. */
export const relays = (...checks: readonly Check[]): Judge =>
  judge(
    'relay',
    seen => wholeRequests(seen.asked)(seen),
    seen => answers(...ones(seen.asked, 200))(seen),
    ...checks,
  )

/** The client gets whole responses with these statuses; nothing is said of the origin. */
export const answered = (statuses: readonly number[], ...checks: readonly Check[]): Judge =>
  judge(statuses.join(','), answers(...statuses), ...checks)

/** The response went wrong after its head: a 502 if that was still possible, else a connection that visibly breaks. */
export const spoils = (...checks: readonly Check[]): Judge =>
  either(
    judge('502', answers(502), ...checks),
    judge('broken', closes, ...checks, seen => {
      const [first, ...more] = seen.client.responses
      if (more.length > 0) return 'something follows the broken response'
      if (first?.framing.kind === 'close') return seen.client.ending === 'rst' ? undefined : 'a clean end'
      return first?.complete ? 'a response that looks whole' : undefined
    }),
  )

export const judge = (label: string, ...checks: readonly Check[]): Judge => ({
  label,
  check(seen) {
    for (const check of checks) {
      const wrong = check(seen)
      if (wrong !== undefined) return wrong
    }
    return undefined
  },
})

/** Where the RFCs leave a choice. */
export const either = (...judges: readonly Judge[]): Judge => ({
  label: judges.map(each => each.label).join(' / '),
  check(seen) {
    const wrong = judges.map(each => each.check(seen))
    return wrong.includes(undefined) ? undefined : [...new Set(wrong)].join('; ')
  },
})

export const reachesNothing: Check = seen =>
  seen.origin.bytes.length > 0 ? `the origin received ${quote(seen.origin.bytes)}` : undefined

export const wholeRequests =
  (count: number): Check =>
  seen => {
    const whole = seen.origin.requests.filter(request => request.complete).length
    return whole === count ? undefined : `${whole} whole requests at the origin, not ${count}`
  }

/** A request that will never be whole must not keep its upstream connection. */
export const abandoned: Check = seen =>
  seen.origin.connections.some(each => each.requests.at(-1)?.complete === false && each.ending === 'open')
    ? 'an unfinished request still holds its upstream connection'
    : undefined

export const answers =
  (...statuses: readonly number[]): Check =>
  seen => {
    const got = seen.client.responses
    if (got.map(response => response.status).join() !== statuses.join()) return `answers ${describe(seen)}`
    if (got.some(response => !response.complete)) return `an unfinished answer, connection ${seen.client.ending}`
    return undefined
  }

const refusal =
  (statuses: readonly number[], maySayNothing = statuses.length === 0): Check =>
  seen => {
    const [first, ...more] = seen.client.responses
    if (!first) return maySayNothing && seen.client.bytes.length === 0 ? undefined : 'no answer'
    if (more.length > 0) return `answers ${describe(seen)}`
    if (!first.complete) return 'an unfinished answer'
    const fits = statuses.length > 0 ? statuses.includes(first.status) : first.status >= 400
    return fits ? undefined : `status ${first.status}`
  }

export const closes: Check = seen => (seen.client.ending === 'open' ? 'the connection stays open' : undefined)
export const staysOpen: Check = seen => (seen.client.ending === 'open' ? undefined : 'the connection closed')

export const connections =
  (count: number): Check =>
  seen =>
    seen.origin.connections.length === count ? undefined : `${seen.origin.connections.length} upstream connections`

/** Every upstream connection has come to its end. */
export const originsEnded: Check = seen =>
  seen.origin.connections.some(each => each.ending === 'open') ? 'an upstream connection stays open' : undefined

export const originSees =
  (text: string): Check =>
  seen =>
    seen.origin.bytes.includes(text, 0, 'latin1') ? undefined : `the origin did not get ${quote(text)}`

export const originMisses =
  (text: string): Check =>
  seen =>
    seen.origin.bytes.includes(text, 0, 'latin1') ? `the origin got ${quote(text)}` : undefined

/** The values of a field in the nth request, joined with `, `. Undefined: the field must not be there. */
export const originField =
  (name: string, want: string | RegExp | undefined, nth = 0): Check =>
  seen =>
    fieldIs('origin', seen.origin.requests[nth]?.fields, name, want)

export const originTarget =
  (target: string, nth = 0): Check =>
  seen => {
    const got = seen.origin.requests[nth]?.target
    return got === target ? undefined : `target ${got}`
  }

export const originBody =
  (body: string, nth = 0): Check =>
  seen => {
    const got = seen.origin.requests[nth]?.body.toString('latin1')
    return got === body ? undefined : `body ${quote(got ?? 'none')} at the origin`
  }

/** These lines, byte for byte and in this order, in the head of the first request; others may stand between. */
export const originLines =
  (...lines: readonly string[]): Check =>
  seen =>
    inOrder('origin', seen.origin.requests[0]?.head, lines)

export const clientField =
  (name: string, want: string | RegExp | undefined, nth = 0): Check =>
  seen =>
    fieldIs('client', seen.client.responses[nth]?.fields, name, want)

export const clientBody =
  (body: string, nth = 0): Check =>
  seen => {
    const got = seen.client.responses[nth]?.body.toString('latin1')
    return got === body ? undefined : `body ${quote(got ?? 'none')} at the client`
  }

export const clientLines =
  (...lines: readonly string[]): Check =>
  seen =>
    inOrder('client', seen.client.bytes.toString('latin1'), lines)

export const clientTrailer =
  (name: string, want: string | RegExp | undefined): Check =>
  seen =>
    fieldIs('client', seen.client.responses[0]?.trailers, name, want)

/** The statuses of the 1xx responses before the first final one. */
export const interim =
  (...statuses: readonly number[]): Check =>
  seen => {
    const got = (seen.client.responses[0]?.interim ?? seen.client.dangling).map(each => each.status)
    return got.join() === statuses.join() ? undefined : `interim responses ${got.join() || 'none'}`
  }

export const tunnelled =
  (text: string): Check =>
  seen =>
    seen.client.rest.toString('latin1') === text ? undefined : `the client's tunnel holds ${quote(seen.client.rest)}`

/** Both sides in a few characters: whole (and unfinished) requests -> statuses, ending. */
export function describe(seen: Observation): string {
  const whole = seen.origin.requests.filter(request => request.complete).length
  const part = seen.origin.requests.length - whole
  const show = (r: RawResponse) => `${r.interim.map(i => `${i.status}+`).join('')}${r.status}${r.complete ? '' : '~'}`
  const faults = seen.origin.connections.some(each => each.fault !== undefined) ? '!' : ''
  const got = seen.client.responses.map(show).join(',') || (seen.client.bytes.length > 0 ? 'garbage' : 'nothing')
  return `${whole}${part > 0 ? `+${part}~` : ''}${faults} -> ${got}${seen.client.fault ? '!' : ''} ${seen.client.ending}`
}

const ones = (count: number, value: number) => Array.from({ length: count }, () => value)

const quote = (bytes: string | Buffer) => {
  const text = typeof bytes === 'string' ? bytes : bytes.toString('latin1')
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text)
}

function fieldIs(side: string, fields: readonly Field[] | undefined, name: string, want: string | RegExp | undefined) {
  if (!fields) return `no message at the ${side}`
  const values = valuesOf(fields, name)
  const got = values.length > 0 ? values.join(', ') : undefined
  const fits = want instanceof RegExp ? got !== undefined && want.test(got) : got === want
  return fits ? undefined : `${name} at the ${side} is ${got === undefined ? 'missing' : quote(got)}`
}

function inOrder(side: string, text: string | undefined, lines: readonly string[]) {
  let at = 0
  for (const line of lines) {
    const found = text?.indexOf(`\r\n${line}\r\n`, at) ?? -1
    if (found < 0) return `${quote(line)} is not at its place at the ${side}`
    at = found + line.length + 2
  }
  return undefined
}
