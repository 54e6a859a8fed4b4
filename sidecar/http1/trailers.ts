import * as fields from './fields.ts'

export interface Trailers {
  /** Where the section ends, behind its empty line. */
  readonly end: number
  /** The section without what may not stand there, with its empty line. */
  readonly kept: string
}

/**
 * Reads a trailer section from its beginning: undefined while bytes are missing, null when a line is malformed. Framing,
 * routing, request modifiers, authentication and content fields are dropped (RFC 9110 section 6.5.1).
 */
export function readTrailers(section: string): Trailers | undefined | null {
  const bytes = Buffer.from(section, 'latin1')
  const lines = new fields.Fields()
  const end = fields.parseFields(bytes, 0, bytes.length, MOST, lines)
  if (end <= 0) return end === 0 ? undefined : null
  let kept = ''
  for (let i = 0; i < lines.count; i++) {
    const start = lines.nameStart[i]!
    const name = section.slice(start, lines.nameEnd[i]!).toLowerCase().replaceAll('_', '-')
    if (!FORBIDDEN.has(name) && !/^(?:proxy|x-forwarded|content|if)-/.test(name))
      kept += section.slice(start, lines.lineEnd[i]!)
  }
  return { end, kept: `${kept}\r\n` }
}

const MOST = 128

const FORBIDDEN: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'cookie',
  'date',
  'endpoint-load-metrics',
  'endpoint-load-metrics-bin',
  'endpoint-load-metrics-json',
  'expect',
  'expires',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'range',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-real-ip',
])
