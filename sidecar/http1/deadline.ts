// How much time a caller still has. Relative, in both forms: machines need not agree on the time of day.

import { text } from './text.ts'

/** Milliseconds: `x-request-deadline-ms: 1500`. -1 when it is no such number. */
export function deadlineMs(bytes: Buffer, from: number, to: number): number {
  const value = text(bytes, from, to)
  return /^\d{1,9}$/.test(value) ? Number(value) : -1
}

const UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 }

/** Milliseconds of `grpc-timeout: 1500m` (gRPC over HTTP/2, "Timeout"). -1 when it is no such value. */
export function grpcTimeoutMs(bytes: Buffer, from: number, to: number): number {
  const match = /^(\d{1,8})([HMSmun])$/.exec(text(bytes, from, to))
  return match === null ? -1 : Number(match[1]) * UNITS[match[2]!]!
}

/** The lines that tell the next hop what is left, in the forms that this one was told in. */
export function deadlineLines(forms: number, ms: number): string {
  const left = Math.max(0, Math.floor(ms))
  const own = (forms & PLAIN) !== 0 ? `X-Request-Deadline-Ms: ${left}\r\n` : ''
  return (forms & GRPC) !== 0 ? `${own}grpc-timeout: ${Math.min(left, 99_999_999)}m\r\n` : own
}

export const PLAIN = 1
export const GRPC = 2
