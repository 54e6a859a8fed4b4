import { type Cluster, createCluster } from '../cluster/cluster.ts'
import type { Member } from '../cluster/member.ts'
import type { Clock } from '../http1/clock.ts'
import { Pool } from '../http1/pool.ts'
import type { Balancer, Random } from '../model/candidate.ts'
import { parseAddress } from '../model/endpoint.ts'
import type { ServiceSettings } from '../model/settings.ts'
import { createGate, type Gate } from './gate.ts'

/** A service at work: who its members are, how many exchanges it may have, and the connections to each member. */
export interface Service {
  readonly name: string
  readonly settings: ServiceSettings
  readonly cluster: Cluster
  readonly gate: Gate
  pool(member: Member): Pool
  close(): void
}

/** Bytes of a response head: as much as node's own server may send by default, times four. */
const HEAD_LIMIT = 64 * 1024

export interface ServiceParts {
  readonly clock: Clock
  readonly random: Random
  readonly balancer: Balancer
  readonly report: (error: unknown) => void
}

export function createService(settings: ServiceSettings, { clock, random, balancer, report }: ServiceParts): Service {
  const { name, endpoints, limits, timeouts } = settings
  const pools = new Map<string, Pool>()
  const { connections } = limits
  const options = { clock, headLimit: HEAD_LIMIT, keepAlive: timeouts.keepAlive, connections, report }
  return {
    name,
    settings,
    cluster: createCluster({ name, endpoints, balancer, random }),
    gate: createGate(limits),
    pool(member) {
      const { address } = member.endpoint
      let pool = pools.get(address)
      if (pool === undefined) {
        pool = new Pool(parseAddress(address)!, options)
        pools.set(address, pool)
      }
      return pool
    },
    close() {
      for (const pool of pools.values()) pool.close()
    },
  }
}
