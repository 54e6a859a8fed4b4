// What must come out of the rewriting of a head, worked out from node's reading of it and from RFC 9110 and 9112,
// without a line of the code that does it.

import type { Forwarding } from '../sidecar/http1/forward-request.ts'
import { all, type Field, listed, type RequestReading, type ResponseReading } from './reading.ts'

/** The request that the upstream must read: always HTTP/1.1, kept alive, in origin-form. */
export function expectedRequest(read: RequestReading, forwarding: Forwarding): RequestReading {
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(read.target)
  const authority = absolute?.[1] ?? all(read.fields, 'host')[0] ?? ''
  const { trusted, peer } = forwarding
  const goes = (name: string) =>
    HOP.has(name) ||
    name === 'upgrade' ||
    name === 'x-forwarded-for' ||
    isShadow(name) ||
    (!trusted && (name === 'x-forwarded-proto' || name === 'x-forwarded-host' || name === 'forwarded')) ||
    (absolute !== null && name === 'host') ||
    (read.minor === 0 && name === 'expect')
  const kept = without(read.fields, goes)
  const has = (name: string) => kept.some(field => field[0].toLowerCase() === name)
  const chain = read.fields
    .filter(field => field[0].toLowerCase() === 'x-forwarded-for')
    .flatMap(field => field[1].split(','))
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
  const from = [...(trusted ? chain : []), ...(peer === '' ? [] : [peer])].join(', ')
  const upgrade = websocket(read)
  const fields: Field[] = [
    ...(absolute !== null ? [['Host', authority] as const] : []),
    ...(absolute === null && authority === '' ? [['Host', forwarding.authority] as const] : []),
    ...kept,
    ['Via', `1.${read.minor} outrigger`],
    ...(from === '' ? [] : [['X-Forwarded-For', from] as const]),
    ...(trusted && has('x-forwarded-proto') ? [] : [['X-Forwarded-Proto', 'http'] as const]),
    ...((trusted && has('x-forwarded-host')) || authority === '' ? [] : [['X-Forwarded-Host', authority] as const]),
    ...(all(read.fields, 'transfer-encoding').length > 0 ? [['Transfer-Encoding', 'chunked'] as const] : []),
    ...(!upgrade && listed(read.fields, 'te').includes('trailers') ? TRAILERS : []),
    ...(upgrade ? UPGRADE : []),
  ]
  return { ...read, target: originForm(read, absolute), minor: 1, fields, keepAlive: true }
}

const TRAILERS: readonly Field[] = [
  ['TE', 'trailers'],
  ['Connection', 'TE'],
]
const UPGRADE: readonly Field[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
]

function originForm(read: RequestReading, absolute: RegExpExecArray | null): string {
  if (absolute === null) return read.target
  const path = absolute[2]!
  if (path === '' && read.method === 'OPTIONS') return '*'
  return path.startsWith('/') ? path : `/${path}`
}

/** The field lines of the response that the client must read. */
export function expectedResponse(
  read: Pick<ResponseReading, 'status' | 'minor' | 'fields'>,
  chunked: boolean,
  connection: string,
): Field[] {
  const { status, minor } = read
  const bodiless = (status < 200 && status !== 101) || status === 204
  const upgrade = status === 426 && all(read.fields, 'upgrade').length === 1
  const kept = without(
    read.fields,
    name => HOP.has(name) || (!upgrade && name === 'upgrade') || (bodiless && name === 'content-length'),
  )
  return [
    ...kept,
    ['Via', `1.${minor} outrigger`],
    ...(chunked ? [['Transfer-Encoding', 'chunked'] as const] : []),
    ...(upgrade ? [['Connection', 'Upgrade'] as const] : []),
    ...(connection === '' ? [] : [['Connection', connection] as const]),
  ]
}

/** Without the fields that `goes` says, and without those that Connection names, but for what it may not name. */
function without(fields: readonly Field[], goes: (name: string) => boolean): Field[] {
  const named = listed(fields, 'connection').filter(name => name !== 'upgrade' && !isProtected(name))
  return fields.filter(([name]) => !goes(name.toLowerCase()) && !named.includes(name.toLowerCase()))
}

const HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'transfer-encoding',
  'http2-settings',
])

const PROTECTED: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'content-range', 'expect', 'via', 'forwarded'],
  ...['x-real-ip', 'cache-control', 'date', 'sec-websocket-accept', 'sec-websocket-key', 'sec-websocket-version'],
])

function isProtected(name: string): boolean {
  return PROTECTED.has(name) || name.startsWith('x-forwarded-') || /^x[-_]forwarded[-_](?:for|proto|host)$/.test(name)
}

/** A no-break space beside the token is taken for a blank: only the token itself is passed on. */
function websocket(read: RequestReading): boolean {
  if (read.method !== 'GET' || read.minor === 0 || !listed(read.fields, 'connection').includes('upgrade')) return false
  if (all(read.fields, 'transfer-encoding').length > 0 || Number(all(read.fields, 'content-length')[0] ?? 0) > 0)
    return false
  return (
    all(read.fields, 'upgrade').length === 1 && listed(read.fields, 'upgrade').some(each => each.trim() === 'websocket')
  )
}

/** CGI, WSGI and Rack make one variable of both spellings: in the other one nobody is believed. */
function isShadow(name: string): boolean {
  return name.includes('_') && /^x-forwarded-(?:for|proto|host)$/.test(name.replaceAll('_', '-'))
}
