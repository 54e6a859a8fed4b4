// What proxies cost: each cell at each proxy, one after the other, and all of it again in another order.

import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { busy, residentOf } from './accounting.ts'
import { type Cell, cells } from './cells.ts'
import { type RunningProxy, startCrew } from './crew.ts'
import type { Household } from './household.ts'
import { openIdle } from './idle.ts'
import { chooseLoad, type Load } from './load.ts'
import { measure, type Target } from './measure.ts'
import { type Options, OptionsError } from './options.ts'
import { startOrigin } from './origin.ts'
import type { Memory, Results, Sample } from './results.ts'
import { addedLatency, DIRECT, summarise } from './summary.ts'

const WARM_UP: Cell = { name: 'warm-up', title: '', connections: 32, path: '/small' }
const WARM_UP_SECONDS = 2
const SETTLE_MS = 2_000

export async function proxySuite(options: Options, household: Household): Promise<Results> {
  const { rounds, seconds } = options
  const chosen = chooseCells(options.only)
  const load = chooseLoad(options.load, household)
  const origin = await startOrigin(options.origin, household)
  const { proxies, skipped } = await startCrew(options.proxies, origin.ports, household)
  for (const [name, reason] of Object.entries(skipped)) household.say(`${name} is left out: ${reason}`)
  const base = proxies[0]
  if (base === undefined) throw new OptionsError('No proxy could be started.')

  const direct: Target = { name: DIRECT, port: origin.ports[0]!, child: undefined }
  const targetsOf = (cell: Cell) => (cell.direct ? [direct, ...proxies] : proxies)
  announce(options, chosen, proxies, load, household)

  await warmUp(load, proxies, chosen)
  household.check()
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    for (const cell of chosen) {
      for (const target of inTurn(targetsOf(cell), round)) {
        const reading = await measure(load, target, cell, seconds)
        household.check()
        const sample = { cell: cell.name, proxy: target.name, round, ...reading }
        samples.push(sample)
        household.say(progress(sample))
      }
    }
  }
  const memory: Memory[] = []
  for (const proxy of proxies) memory.push(await readMemory(proxy, options.idle))
  household.check()

  const machine = `${process.platform} ${process.arch}, ${cpus().length} cores`
  return {
    suite: 'proxy',
    setup: {
      date: new Date().toISOString().slice(0, 10),
      machine,
      node: process.version,
      load: load.title,
      origin: origin.title,
      rounds,
      seconds,
      accounting: busy() !== undefined,
    },
    proxies: proxies.map(({ name, version }) => ({ name, version })),
    skipped,
    cells: chosen,
    samples,
    summary: summarise(samples, base.name),
    added: addedLatency(samples, base.name),
    memory,
  }
}

function chooseCells(names: readonly string[]): readonly Cell[] {
  const unknown = names.find(name => !cells.some(each => each.name === name))
  const all = cells.map(({ name }) => name).join(', ')
  if (unknown !== undefined) throw new OptionsError(`There is no cell ${unknown}; there are ${all}.`)
  return names.length === 0 ? cells : cells.filter(({ name }) => names.includes(name))
}

function announce(
  options: Options,
  chosen: readonly Cell[],
  proxies: readonly RunningProxy[],
  load: Load,
  { say }: Household,
) {
  const { rounds, seconds, idle } = options
  const measured = chosen.reduce((sum, { direct }) => sum + proxies.length + (direct ? 1 : 0), 0) * rounds
  const warming = proxies.length * (WARM_UP_SECONDS + chosen.length)
  const resting = idle > 0 ? (proxies.length * SETTLE_MS) / 1000 : 0
  const minutes = (measured * seconds + warming + resting) / 60
  if (busy() === undefined) say('No /proc here: CPU and memory are left out.')
  say(`load: ${load.title}; ${proxies.map(({ name, version }) => `${name} ${version}`).join(', ')}`)
  say(
    `${chosen.length} cells x ${proxies.length} proxies x ${rounds} rounds x ${seconds} s and the warm-up: ` +
      `about ${minutes.toFixed(1)} minutes`,
  )
}

/** Every kind of request once: a compiler that meets a new one in the middle of a measurement would be measured too. */
async function warmUp(load: Load, proxies: readonly RunningProxy[], chosen: readonly Cell[]): Promise<void> {
  for (const proxy of proxies) {
    await measure(load, proxy, WARM_UP, WARM_UP_SECONDS)
    for (const cell of chosen) await measure(load, proxy, cell, 1)
  }
}

/** Another one begins in each round, and every second round goes backwards from there. */
export function inTurn<T>(targets: readonly T[], round: number): T[] {
  const step = round % 2 === 0 ? 1 : -1
  const count = targets.length
  return targets.map((_, index) => targets[(((round + step * index) % count) + count) % count]!)
}

function progress({ round, cell, proxy, figures, problem, elsewhere = 0 }: Sample): string {
  const cpu = figures?.cpu === undefined ? '' : `${figures.cpu.toFixed(1).padStart(7)} us`
  const rate = figures === undefined ? '' : `${figures.perSecond.toFixed(0).padStart(7)}/s`
  const noise = elsewhere > 0.2 ? `   (${elsewhere.toFixed(1)} cores busy with something else)` : ''
  const fault = problem === undefined ? '' : `   FAILED: ${problem}`
  return `round ${round + 1}  ${cell.padEnd(8)} ${proxy.padEnd(11)}${cpu}${rate}${noise}${fault}`
}

async function readMemory({ name: proxy, child, port, fresh }: RunningProxy, connections: number): Promise<Memory> {
  const loaded = residentOf(child.pid)
  const memory = { proxy, fresh, loaded, idle: undefined, connections, problem: undefined }
  if (connections === 0 || fresh === undefined) return memory
  try {
    const close = await openIdle(port, connections, WARM_UP.path)
    await sleep(SETTLE_MS)
    const idle = residentOf(child.pid)
    close()
    return { ...memory, idle }
  } catch (error) {
    return { ...memory, problem: (error as Error).message }
  }
}
