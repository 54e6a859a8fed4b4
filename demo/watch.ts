import { setInterval as every } from 'node:timers/promises'
import { DemoError } from './demo-error.ts'
import type { Load } from './load.ts'
import type { Screen } from './screen.ts'
import { type Share, sharesOf } from './shares.ts'
import type { Reading, Site } from './site.ts'

export interface Watched {
  readonly site: Site
  readonly load: Load
  readonly screen: Screen
}

/** A frame per second, until the signal. */
export async function watch({ site, load, screen }: Watched, signal: AbortSignal): Promise<void> {
  const startedBy = process.ppid
  let before: Reading | undefined
  let missed = 0
  try {
    for await (const _ of every(1000, undefined, { signal })) {
      // Nobody is left who could end the demo.
      if (process.ppid !== startedBy) return
      const now = await site.read().catch(() => undefined)
      // One that has just died is told of with more detail by the one who started it.
      if (now === undefined && ++missed > 3) throw new DemoError('The sidecars do not answer on their admin listeners.')
      if (now === undefined) continue
      missed = 0
      screen.show({ total: load.total, lately: load.lately(), ...groups(site, now, before) })
      before = now
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Empty when the sidecars cannot be asked any more. */
export async function sharesSinceStart(site: Site): Promise<Share[][]> {
  const now = await site.read().catch(() => undefined)
  if (now === undefined) return []
  const { webs, orders } = groups(site, now, undefined)
  return [webs, orders]
}

function groups(site: Site, now: Reading, before: Reading | undefined): { webs: Share[]; orders: Share[] } {
  const seconds = (now.at - (before?.at ?? site.openedAt)) / 1000
  return {
    webs: sharesOf([now.edge], before === undefined ? [] : [before.edge], {
      service: 'web',
      instances: site.webs,
      seconds,
    }),
    orders: sharesOf(now.sidecars, before?.sidecars ?? [], { service: 'orders', instances: site.orders, seconds }),
  }
}
