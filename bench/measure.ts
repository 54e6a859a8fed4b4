// One measurement: a cell, at one proxy, for a few seconds.

import { busy, cpuEver, cpuOf } from './accounting.ts'
import { bodies, type Cell } from './cells.ts'
import type { Child } from './household.ts'
import { faultOf, type Load } from './load.ts'
import type { Sample } from './results.ts'

export interface Target {
  readonly name: string
  readonly port: number
  /** Undefined where the load goes straight to the origin. */
  readonly child: Child | undefined
}

type Reading = Pick<Sample, 'figures' | 'problem' | 'elsewhere'>

export async function measure(load: Load, target: Target, cell: Cell, seconds: number): Promise<Reading> {
  const gone = target.child?.ended()
  if (gone !== undefined) return failed(`it ${gone}`)
  const start = readClocks(target)
  try {
    const tally = await load.run(target.port, cell, seconds)
    const end = readClocks(target)
    const cpu = difference(start.proxy, end.proxy)
    const elsewhere = difference(start.elsewhere, end.elsewhere)
    return {
      figures: {
        cpu: cpu === undefined ? undefined : (cpu * 1000) / tally.requests,
        perSecond: tally.requests / tally.seconds,
        p50: tally.p50,
        p99: tally.p99,
      },
      problem: faultOf(tally, bodies[cell.path] ?? 0),
      elsewhere: elsewhere === undefined ? undefined : Math.max(0, elsewhere / (end.at - start.at)),
    }
  } catch (error) {
    return failed((error as Error).message)
  }
}

function failed(problem: string): Reading {
  return { figures: undefined, problem, elsewhere: undefined }
}

function readClocks({ child }: Target) {
  const proxy = child === undefined ? undefined : cpuOf(child.pid)
  const [all, run] = [busy(), cpuEver(process.pid)]
  return { proxy, elsewhere: all === undefined || run === undefined ? undefined : all - run, at: performance.now() }
}

function difference(start: number | undefined, end: number | undefined): number | undefined {
  return start === undefined || end === undefined ? undefined : end - start
}
