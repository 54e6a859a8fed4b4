// Everything that names a place: socket addresses, host names, path prefixes, networks. Each reader returns the
// canonical text or says what is wrong, with a guess at what was meant where one is likely.

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { formatAddress, parseAddress } from '../model/endpoint.ts'
import type { Reading } from './units.ts'
import { isNot, show, textOf } from './wording.ts'

export const ADDRESS_PATTERN = '^(unix:.+|(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9_.-]+):\\d{1,5})$'

/** Where the admin listener is when nothing is said of it. */
export const ADMIN_DEFAULT = '127.0.0.1:4191'

/** Somewhere to listen may have port 0, any free one; somewhere to connect to may not. */
export function readAddress(input: unknown, use: 'listen' | 'connect'): Reading<string> {
  const address = typeof input === 'string' ? parseAddress(input) : undefined
  if (address === undefined) return { problem: addressProblem(input, use) }
  if ('path' in address) {
    // Longer ones do not fit into sun_path, and the system's error for that is a bare EINVAL.
    const fits = Buffer.byteLength(address.path) <= 107 && !address.path.includes('\0')
    return fits
      ? { value: formatAddress(address) }
      : { problem: isNot(input, 'a socket path', 'at most 107 bytes, none of them zero') }
  }
  const validHost = textOf(input).startsWith('[') ? isIPv6(address.host) : isHost(address.host)
  if (!validHost) return { problem: addressProblem(input, use) }
  if (address.port === 0 && use === 'connect') return { problem: portProblem(input, '0', use) }
  return { value: formatAddress(address) }
}

function addressProblem(input: unknown, use: 'listen' | 'connect'): string {
  const text = textOf(input)
  const port = /^[^/]*:(\d+)$/.exec(text)?.[1]
  if (port !== undefined && Number(port) > 65_535 && !isIPv6(text)) return portProblem(input, port, use)
  return isNot(input, 'an address', 'host:port, "[::1]:port" or unix:/path', likelyAddress(text, use))
}

function portProblem(input: unknown, port: string, use: 'listen' | 'connect'): string {
  return `port ${port} of ${show(input)} is out of range; expected ${use === 'listen' ? 0 : 1} to 65535`
}

function likelyAddress(text: string, use: 'listen' | 'connect'): string | undefined {
  const everywhere = use === 'listen' ? '0.0.0.0' : '127.0.0.1'
  const url = /^https?:\/\/([^/]+)/i.exec(text)
  if (url !== null) return url[1]!.includes(':') ? url[1] : `${url[1]}:${/^https/i.test(text) ? 443 : 80}`
  if (/^\d{1,5}$/.test(text)) return `127.0.0.1:${text}`
  if (/^\*?:(\d{1,5}|\$\w+)$/.test(text)) return `${everywhere}:${text.slice(text.indexOf(':') + 1)}`
  if (text.startsWith('/')) return `unix:${text}`
  if (isIPv6(text)) {
    const cut = text.lastIndexOf(':')
    return isIPv6(text.slice(0, cut)) ? `[${text.slice(0, cut)}]${text.slice(cut)}` : `[${text}]:port`
  }
  return /^localhost$|\./i.test(text) && isHost(text) ? `${text}:port` : undefined
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

function isHost(text: string): boolean {
  // What consists of digits and dots alone is taken for an IPv4 address by every resolver.
  if (/^[\d.]+$/.test(text)) return isIPv4(text)
  return (
    text.length <= 253 &&
    text
      .replace(/\.$/, '')
      .split('.')
      .every(label => LABEL.test(label))
  )
}

export const SERVICE_NAME_PATTERN = '^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$'

/** A service is called by its name as host, so the name must be what may stand in a host name. */
export function readServiceName(text: string): Reading<string> {
  if (new RegExp(SERVICE_NAME_PATTERN).test(text)) return { value: text.toLowerCase() }
  const meant = text.replace(/[^A-Za-z0-9]+/g, '-')
  const guess = new RegExp(SERVICE_NAME_PATTERN).test(meant) ? meant : undefined
  const expected = 'letters, digits and inner hyphens, at most 63, because it is used as host name'
  return { problem: isNot(text, 'a service name', expected, guess) }
}

/** The host of a route: lower case, perhaps with a wildcard for its first label. */
export function readRouteHost(input: unknown): Reading<string> {
  const text = textOf(input).toLowerCase()
  if (typeof input === 'string') {
    const wildcard = text.startsWith('*.')
    const host = wildcard ? text.slice(2) : text
    if (isHost(host) && !host.endsWith('.') && !(wildcard && isIPv4(host))) return { value: text }
    if (!wildcard && /^\[.*\]$/.test(text) && isIPv6(text.slice(1, -1))) return { value: text }
  }
  const withPort = /^(.+):\d+$/.exec(text)?.[1]
  if (withPort !== undefined && 'value' in readRouteHost(withPort)) {
    return { problem: `${show(input)} has a port; hosts are compared without one. Did you mean "${withPort}"?` }
  }
  if (text === '*') return { problem: '"*" is not a host; leave host out to match every host' }
  return { problem: isNot(input, 'a host', 'a name like shop.example or "*.shop.example"') }
}

export const PREFIX_PATTERN = '^/[^?#\\s]*$'

/** Without the slash at its end: `/api/` and `/api` are one prefix, since prefixes match whole segments. */
export function readPrefix(input: unknown): Reading<string> {
  if (typeof input !== 'string' || !/^\/[!-~]*$/.test(input) || /[?#]/.test(input)) {
    return { problem: isNot(input, 'a path prefix', 'a path like /api: from "/" on, percent-encoded, without a query') }
  }
  return { value: input.replace(/\/+$/, '') || '/' }
}

/** `10.0.0.0/8`; a single address becomes a block of one. */
export function readNetwork(input: unknown): Reading<string> {
  const [address = '', length, ...rest] = textOf(input).split('/')
  const version = isIP(address)
  if (version !== 0 && rest.length === 0 && /^\d{1,3}$/.test(length ?? '0')) {
    const bits = Number(length ?? (version === 4 ? 32 : 128))
    if (accepted(address, bits, version === 4 ? 'ipv4' : 'ipv6')) {
      return { value: `${address.toLowerCase()}/${bits}` }
    }
  }
  return { problem: isNot(input, 'a network', 'CIDR notation like 10.0.0.0/8 or fd00::/8') }
}

/** The proxy will put it into a BlockList: what that refuses must be refused here. */
function accepted(address: string, bits: number, family: 'ipv4' | 'ipv6'): boolean {
  try {
    new BlockList().addSubnet(address, bits, family)
    return true
  } catch {
    return false
  }
}
