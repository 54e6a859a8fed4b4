// What is measured of sessions, and of whom.
import type { Cell } from '../cells.ts'

export interface SessionCell extends Cell {
  /** KiB of the session that each connection has; none without. */
  readonly kib?: 1 | 14
}

const connections = 32

export const cells: readonly SessionCell[] = [
  { name: 'none', title: 'no cookie, the session is not looked at', connections, path: '/none' },
  { name: 'read-1k', title: 'session of 1 KiB, read', connections, path: '/read', kib: 1 },
  { name: 'write-1k', title: 'session of 1 KiB, changed', connections, path: '/write', kib: 1 },
  { name: 'read-14k', title: 'session of 14 KiB, read', connections, path: '/read', kib: 14 },
  { name: 'write-14k', title: 'session of 14 KiB, changed', connections, path: '/write', kib: 14 },
]

export interface Contender {
  readonly name: string
  /** The same app without sessions: what it costs is taken off. */
  readonly bare?: string
  /** Whom it is held against. */
  readonly against?: string
  readonly packages: readonly string[]
}

export const contenders: readonly Contender[] = [
  { name: 'express', packages: ['express'] },
  { name: 'express-session', bare: 'express', packages: ['express-session', 'connect-redis', 'ioredis'] },
  { name: 'outrigger', bare: 'express', against: 'express-session', packages: [] },
  { name: 'outrigger near-cache', bare: 'express', against: 'express-session', packages: [] },
  { name: 'koa', packages: ['koa'] },
  { name: 'koa-session', bare: 'koa', packages: ['koa-session', 'koa-redis'] },
  { name: 'outrigger/koa', bare: 'koa', against: 'koa-session', packages: [] },
]
