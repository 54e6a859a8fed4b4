/**
 * Milliseconds of a Retry-After field (RFC 9110 section 10.2.3): seconds, or a date, which is counted from `date`, the
 * time of day in milliseconds. -1 when it is neither. Seconds are seconds: some clients read milliseconds.
 */
export function retryAfterMs(value: string, date: number): number {
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000
  const at = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? -1 : Math.max(0, at - date)
}
