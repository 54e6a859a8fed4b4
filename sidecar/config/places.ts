// When two addresses are one place: to listen on, where the second is refused, or to be led back to.

import { isIPv6 } from 'node:net'
import { resolve } from 'node:path'
import { formatAddress, parseAddress, type SocketAddress } from '../model/endpoint.ts'

/** One text for every spelling of a place. */
export function placeOf(address: string): string {
  return formatAddress(locate(address))
}

/** Of two listeners: that one of them keeps the other from its address. Port 0 is another port each time. */
export function clash(one: string, other: string): boolean {
  const [a, b] = [locate(one), locate(other)]
  if ('path' in a || 'path' in b) return placeOf(one) === placeOf(other)
  return a.port === b.port && a.port !== 0 && (a.host === b.host || takesIn(a.host, b.host) || takesIn(b.host, a.host))
}

/** A connection to the endpoint arrives at the listener. */
export function leadsTo(endpoint: string, listener: string): boolean {
  const [to, at] = [locate(endpoint), locate(listener)]
  if ('path' in to || 'path' in at) return placeOf(endpoint) === placeOf(listener)
  // Of a wildcard, the system makes this machine.
  const host = to.host === '0.0.0.0' ? '127.0.0.1' : to.host === '::' ? '::1' : to.host
  const isHere = host === '::1' || /^127\.[\d.]+$/.test(host)
  return to.port === at.port && (host === at.host || (isHere && takesIn(at.host, host)))
}

export function isWildcard(address: string): boolean {
  const at = locate(address)
  return 'host' in at && (at.host === '::' || at.host === '0.0.0.0')
}

/** `::` is every address of both families, since Node opens it so. */
function takesIn(wildcard: string, host: string): boolean {
  return wildcard === '::' || (wildcard === '0.0.0.0' && !isIPv6(host))
}

function locate(text: string): SocketAddress {
  const address = parseAddress(text)!
  return 'path' in address ? { path: resolve(address.path) } : { host: hostOf(address.host), port: address.port }
}

function hostOf(written: string): string {
  const host = written.toLowerCase().replace(/\.$/, '')
  if (isIPv6(host)) return new URL(`http://[${host}]`).hostname.slice(1, -1)
  return host === 'localhost' ? '127.0.0.1' : host
}
