// `npm run fuzz -- --seconds 60 --seed 123`: looks for bytes that we and node:http read differently.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Found, type FuzzResult, fuzz } from './fuzz.ts'
import { quote } from './reading.ts'

const USAGE = `npm run fuzz -- [options]

Looks for bytes that we and node:http read differently, and shows the shortest of each kind.

  --seconds N      end after that time (default: 60)
  --seed N         the same dice again (default: any)
  --iterations N   end after so many inputs, if that is sooner
  --help           this text

Exit code: 0 when nothing was found, 1 when something was, 2 when the options are wrong.
`

const { help, ...values } = options()
if (help) {
  process.stdout.write(USAGE)
  process.exit(0)
}
const seed = numberOf('seed') ?? randomInt(2 ** 31)
const seconds = numberOf('seconds') ?? 60
const iterations = numberOf('iterations')

console.log(`seed ${seed}, ${seconds} s, Node ${process.version} (llhttp ${process.versions.llhttp})`)
const result = await fuzz({ seed, seconds, ...(iterations === undefined ? {} : { iterations }) })
for (const found of result.found) console.log(report(found))
console.log(summary(result))
if (result.found.length > 0) process.exitCode = 1
// The servers of node hold no socket, but their timers would.
process.exit()

function options() {
  const number = { type: 'string' } as const
  const help = { type: 'boolean', short: 'h' } as const
  try {
    return parseArgs({ options: { seconds: number, seed: number, iterations: number, help } }).values
  } catch (error) {
    return refuse((error as Error).message.split('.')[0]!)
  }
}

function numberOf(name: 'seconds' | 'seed' | 'iterations'): number | undefined {
  const text = values[name]
  if (text === undefined || /^\d+(\.\d+)?$/.test(text)) return text === undefined ? undefined : Number(text)
  return refuse(`--${name} wants a number; "${text}" is none`)
}

function refuse(message: string): never {
  console.error(`${message}; see npm run fuzz -- --help`)
  process.exit(2)
}

function report({ seed, iteration, tried, minimal, kind, ours, theirs }: Found): string {
  const context = tried.kind === 'request' ? tried.forwarding : tried.asker
  return [
    `\nFINDING  ${kind}`,
    `  again    npm run fuzz -- --seed ${(seed + iteration * 0x9e3779b1) >>> 0} --iterations 1`,
    `  seed     ${seed}, iteration ${iteration}`,
    `  with     ${JSON.stringify(context)}`,
    `  minimal  ${quote(minimal)}`,
    `  input    ${quote(tried.input)}`,
    `  ours     ${ours}`,
    `  theirs   ${theirs}`,
  ].join('\n')
}

function summary({ iterations, accepted, seconds, found, excused }: FuzzResult): string {
  const share = (100 * accepted) / Math.max(1, iterations)
  const rate = Math.round(iterations / seconds)
  const exceptions = [...excused].map(([name, count]) => `${name} ${count}`).join(', ') || 'none'
  return [
    `\n${iterations} iterations in ${seconds.toFixed(1)} s (${rate}/s), ${share.toFixed(1)} % accepted, ${found.length} findings`,
    `exceptions used: ${exceptions}`,
    ...(share < 5 ? ['TOO FEW ACCEPTED: the mutations teach nothing; look at fuzz/mutate.ts'] : []),
  ].join('\n')
}
