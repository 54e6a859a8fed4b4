// The command line of `outrigger wait`.
import { parseArgs } from 'node:util'
import { ADMIN_DEFAULT, readAddress } from './config/addresses.ts'
import { readDuration } from './config/units.ts'

export interface WaitOptions {
  /** Of the sidecar's admin listener: `host:port` or `unix:/path`. */
  readonly admin: string
  /** Milliseconds. */
  readonly timeout: number
  /** Milliseconds that the command has, from the first SIGTERM or SIGINT on, before it is killed. */
  readonly grace: number
  /** What to start then; empty: nothing. */
  readonly command: readonly string[]
}

/** Throws what `parseArgs` throws. */
export function readWait(args: readonly string[]): WaitOptions | { readonly problem: string } {
  const dashes = args.indexOf('--')
  const [own, command] = dashes === -1 ? [args, []] : [args.slice(0, dashes), args.slice(dashes + 1)]
  const options = { admin: { type: 'string' }, timeout: { type: 'string' }, grace: { type: 'string' } } as const
  const { values, positionals } = parseArgs({ args: [...own], options, allowPositionals: true })
  if (positionals.length > 0) return { problem: `write -- before the command: outrigger wait -- ${positionals[0]} ...` }
  if (dashes !== -1 && (command.length === 0 || command[0] === '')) return { problem: 'there is no command behind --' }
  const admin = readAddress(values.admin ?? ADMIN_DEFAULT, 'connect')
  if ('problem' in admin) return { problem: `--admin ${admin.problem}` }
  const timeout = readDuration(values.timeout ?? '60s', '1ms', '24h')
  if ('problem' in timeout) return { problem: `--timeout ${timeout.problem}` }
  const grace = readDuration(values.grace ?? '30s', '0s', '24h')
  if ('problem' in grace) return { problem: `--grace ${grace.problem}` }
  return { admin: admin.value, timeout: timeout.value, grace: grace.value, command }
}
