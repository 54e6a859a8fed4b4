// What sessions cost: the same app bare, with what people have today, and with ours, in one run, in turn.
import { cpus } from 'node:os'
import type { Child, Household } from '../household.ts'
import { type Load, ownLoad } from '../load.ts'
import { measure, type Target } from '../measure.ts'
import { type Options, OptionsError } from '../options.ts'
import { freePorts, listening } from '../ports.ts'
import { packageVersion } from '../programs.ts'
import { inTurn } from '../proxy-suite.ts'
import type { Sample } from '../results.ts'
import { type Contender, cells, contenders, type SessionCell } from './cells.ts'
import { type BenchRedis, startRedis } from './redis.ts'

export interface SessionSample extends Sample {
  /** Redis commands for one request. */
  readonly commands: number
}

export interface SessionResults {
  readonly suite: 'sessions'
  readonly setup: {
    readonly date: string
    readonly machine: string
    readonly node: string
    readonly redis: string
    readonly load: string
    readonly rounds: number
    readonly seconds: number
  }
  readonly contenders: readonly (Contender & { readonly version: string })[]
  readonly cells: readonly SessionCell[]
  readonly samples: readonly SessionSample[]
}

interface App extends Target {
  readonly contender: Contender
  readonly child: Child
  /** By KiB: a cookie for each connection. */
  readonly cookies: Readonly<Record<number, readonly string[]>>
}

const WARM_UP_SECONDS = 2

export async function sessionsSuite(options: Options, household: Household): Promise<SessionResults> {
  const { rounds, seconds } = options
  const chosenCells = chosen('cell', options.only, cells)
  const chosenContenders = chosen('contender', options.proxies, contenders)
  const redis = await startRedis(household)
  const load = ownLoad(household)
  const ports = await freePorts(chosenContenders.length)
  const apps: App[] = []
  for (const [index, contender] of chosenContenders.entries())
    apps.push(await start(contender, ports[index]!, redis, household))
  const minutes = (apps.length * chosenCells.length * (rounds * seconds + WARM_UP_SECONDS)) / 60
  household.say(
    `${chosenCells.length} cells x ${apps.length} apps x ${rounds} rounds x ${seconds} s and the warm-up: about ${minutes.toFixed(1)} minutes`,
  )
  for (const app of apps) for (const cell of chosenCells) await sample(load, app, cell, WARM_UP_SECONDS, redis)
  const samples: SessionSample[] = []
  for (let round = 0; round < rounds; round++) {
    for (const cell of chosenCells) {
      for (const app of inTurn(apps, round)) {
        const reading = await sample(load, app, cell, seconds, redis)
        household.check()
        samples.push({ cell: cell.name, proxy: app.name, round, ...reading })
        household.say(progress(samples.at(-1)!))
      }
    }
  }
  return {
    suite: 'sessions',
    setup: {
      date: new Date().toISOString().slice(0, 10),
      machine: `${process.platform} ${process.arch}, ${cpus().length} cores`,
      node: process.version,
      redis: redis.title,
      load: load.title,
      rounds,
      seconds,
    },
    contenders: chosenContenders.map(each => ({ ...each, version: versionsOf(each) })),
    cells: chosenCells,
    samples,
  }
}

function chosen<T extends { readonly name: string }>(what: string, names: readonly string[], all: readonly T[]) {
  const unknown = names.find(name => !all.some(each => each.name === name))
  if (unknown !== undefined)
    throw new OptionsError(`There is no ${what} ${unknown}; there are ${all.map(({ name }) => name).join(', ')}.`)
  return names.length === 0 ? all : all.filter(({ name }) => names.includes(name))
}

async function start(contender: Contender, port: number, redis: BenchRedis, household: Household): Promise<App> {
  const { name } = contender
  const child = household.start(name, [process.execPath, 'bench/sessions/serve.mjs', name, String(port), redis.url])
  if (!(await listening(port, () => child.ended() !== undefined)))
    throw new Error(`${name} did not start: ${child.output().errors}`)
  const cookies: Record<number, string[]> = {}
  for (const kib of [1, 14]) cookies[kib] = contender.bare === undefined ? [] : await sessionsOf(port, kib)
  return { name, port, child, contender, cookies }
}

/** As many as there are connections: each client has its own. */
async function sessionsOf(port: number, kib: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: cells[0]!.connections }, async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/start/${kib}`)
      const cookies = answer.headers.getSetCookie().map(field => field.split(';', 1)[0])
      if (answer.status !== 200 || cookies.length === 0) throw new Error(`no session was started: ${answer.status}`)
      return cookies.join('; ')
    }),
  )
}

async function sample(load: Load, app: App, cell: SessionCell, seconds: number, redis: BenchRedis) {
  const before = await redis.commands()
  let requests = 0
  const counting: Load = {
    title: load.title,
    async run(...all) {
      const tally = await load.run(...all)
      requests = tally.requests
      return tally
    },
  }
  const cookies = cell.kib === undefined ? [] : app.cookies[cell.kib]!
  const reading = await measure(counting, app, { ...cell, cookies }, seconds)
  return { ...reading, commands: ((await redis.commands()) - before) / Math.max(1, requests) }
}

function progress({ round, cell, proxy, figures, commands, problem }: SessionSample): string {
  const cpu = figures?.cpu === undefined ? '' : `${figures.cpu.toFixed(1).padStart(7)} us`
  const fault = problem === undefined ? '' : `   FAILED: ${problem}`
  return `round ${round + 1}  ${cell.padEnd(10)} ${proxy.padEnd(21)}${cpu}  ${commands.toFixed(2)} commands${fault}`
}

function versionsOf({ packages }: Contender): string {
  return packages.map(name => `${name} ${packageVersion(name)}`).join(' + ')
}
