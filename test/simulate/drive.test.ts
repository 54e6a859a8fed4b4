import { expect } from 'chai'
import { balancers } from '../../sidecar/balance/index.ts'
import { createCluster } from '../../sidecar/cluster/cluster.ts'
import { drive } from '../../simulate/drive.ts'
import { addresses, failingHost, type Host, parallelHost, queueingHost } from '../../simulate/hosts.ts'

describe('simulate/drive', () => {
  function create(hosts: readonly Host[], room = Number.POSITIVE_INFINITY) {
    const names = addresses(hosts.length)
    const endpoints = names.map(address => ({ address, weight: 1 }))
    const balancer = balancers['round-robin']
    const cluster = createCluster({ name: 'web', endpoints, balancer, random: () => 0, room })
    return { cluster, hosts: new Map(names.map((name, i) => [name, hosts[i]!])) }
  }
  const traffic = { gap: () => 10, work: () => 4, until: 1_000 }

  it('sends every request to the member that the cluster picks, and settles it', () => {
    const { cluster, hosts } = create([parallelHost(), parallelHost()])
    const run = drive(cluster, hosts, traffic)
    expect(run.requests).to.equal(99)
    expect(run.failed).to.equal(0)
    expect([...run.given.values()]).to.deep.equal([50, 49])
    expect(cluster.members.map(({ picked, succeeded }) => [picked, succeeded])).to.deep.equal([
      [50, 50],
      [49, 49],
    ])
    expect(cluster.inFlight).to.equal(0)
    expect(run.latencies.quantile(1)).to.equal(4)
  })

  it('does not count what came before', () => {
    const { cluster, hosts } = create([parallelHost()])
    expect(drive(cluster, hosts, { ...traffic, from: 500 }).requests).to.equal(50)
    expect(cluster.members[0]!.picked).to.equal(99)
  })

  it('counts failures, and tells the cluster of them', () => {
    const { cluster, hosts } = create([failingHost(1, 1, () => 0), parallelHost()])
    const run = drive(cluster, hosts, traffic)
    expect(run.failed).to.equal(50)
    expect(cluster.members.map(({ failed }) => failed)).to.deep.equal([50, 0])
  })

  it('gives up after the timeout, while the host works on', () => {
    const { cluster, hosts } = create([queueingHost()])
    const run = drive(cluster, hosts, { gap: () => 10, work: () => 15, until: 45, timeout: 20 })
    // They come at 10, 20, 30, 40, and would take 15, 20, 25, 30.
    expect(run.failed).to.equal(2)
    expect([run.latencies.quantile(0), run.latencies.quantile(1)]).to.deep.equal([15, 20])
    expect(cluster.members[0]!.failed).to.equal(2)
  })

  it('counts as failed what nobody could take', () => {
    const { cluster, hosts } = create([parallelHost()], 1)
    const run = drive(cluster, hosts, { ...traffic, work: () => 15 })
    expect(run.requests).to.equal(99)
    expect(run.failed).to.equal(49)
  })
})
