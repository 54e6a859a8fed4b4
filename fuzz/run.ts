// `npm run fuzz -- --seconds 60 --seed 123`: looks for bytes that we and node:http read differently.

import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { type Found, type FuzzResult, fuzz } from './fuzz.ts'
import { quote } from './reading.ts'

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, iterations: { type: 'string' } },
})

const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const seconds = Number(values.seconds)
const iterations = values.iterations === undefined ? undefined : Number(values.iterations)
if (![seed, seconds, iterations ?? 0].every(Number.isFinite)) {
  console.error('usage: npm run fuzz -- [--seconds 60] [--seed 123] [--iterations 1000]')
  process.exit(2)
}

console.log(`seed ${seed}, ${seconds} s, Node ${process.version} (llhttp ${process.versions.llhttp})`)
const result = await fuzz({ seed, seconds, ...(iterations === undefined ? {} : { iterations }) })
for (const found of result.found) console.log(report(found))
console.log(summary(result))
if (result.found.length > 0) process.exitCode = 1
// The servers of node hold no socket, but their timers would.
process.exit()

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
