import type { Balancer } from '../model/candidate.ts'
import type { BalanceName } from '../model/settings.ts'
import { leastConnections } from './least-connections.ts'
import { peakEwma } from './peak-ewma.ts'
import { ringHash } from './ring-hash.ts'
import { roundRobin } from './round-robin.ts'
import { twoChoices } from './two-choices.ts'

/** Every balancer by the name that the config gives it; a name without a balancer does not compile. */
export const balancers: Readonly<Record<BalanceName, Balancer>> = {
  'least-connections': leastConnections,
  'round-robin': roundRobin,
  'two-choices': twoChoices,
  'peak-ewma': peakEwma,
  hash: ringHash,
}
