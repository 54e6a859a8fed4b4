// Starts the proxies of a run, one process each, side by side: an idle one costs nothing, and a warm one stays warm.

import { residentOf } from './accounting.ts'
import type { Contender } from './contenders/contender.ts'
import { contenders } from './contenders/index.ts'
import type { Household } from './household.ts'
import type { Target } from './measure.ts'
import { OptionsError } from './options.ts'
import { freePorts, listening } from './ports.ts'

export interface RunningProxy extends Target {
  readonly version: string
  readonly child: NonNullable<Target['child']>
  /** Resident MiB before its first request. */
  readonly fresh: number | undefined
}

export interface Crew {
  readonly proxies: readonly RunningProxy[]
  readonly skipped: Readonly<Record<string, string>>
}

/** `names` empty: all of them. */
export async function startCrew(names: readonly string[], endpoints: readonly number[], household: Household) {
  const ports = await freePorts(contenders.length)
  const proxies: RunningProxy[] = []
  const skipped: Record<string, string> = {}
  for (const [index, contender] of chosen(names).entries()) {
    const started = await start(contender, ports[index]!, endpoints, household)
    if (typeof started !== 'string') proxies.push(started)
    else if (contender.optional !== true || names.includes(contender.name)) skipped[contender.name] = started
  }
  return { proxies, skipped } satisfies Crew
}

function chosen(names: readonly string[]): readonly Contender[] {
  const unknown = names.find(name => !contenders.some(each => each.name === name))
  const all = contenders.map(({ name }) => name).join(', ')
  if (unknown !== undefined) throw new OptionsError(`There is no proxy ${unknown}; there are ${all}.`)
  return names.length === 0 ? contenders : contenders.filter(({ name }) => names.includes(name))
}

/** A running proxy, or why there is none. */
async function start(contender: Contender, port: number, endpoints: readonly number[], household: Household) {
  const { name } = contender
  const recipe = contender.recipe()
  if ('missing' in recipe) return recipe.missing
  const child = household.start(name, recipe.command({ port, endpoints, folder: household.room(name) }))
  if (await listening(port, () => child.ended() !== undefined)) {
    return { name, port, child, version: recipe.version, fresh: residentOf(child.pid) } satisfies RunningProxy
  }
  const { errors } = child.output()
  return `did not start: ${child.ended() ?? 'it does not listen'}${errors === '' ? '' : `; ${errors.trim()}`}`
}
