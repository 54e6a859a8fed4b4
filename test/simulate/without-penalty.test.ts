import { expect } from 'chai'
import { balancers } from '../../sidecar/balance/index.ts'
import { createCluster } from '../../sidecar/cluster/cluster.ts'
import type { Outcome } from '../../sidecar/model/outcome.ts'
import { withoutPenalty } from '../../simulate/without-penalty.ts'

describe('simulate/without-penalty', () => {
  const endpoints = ['a', 'b', 'c'].map(address => ({ address, weight: 1 }))
  const failed: Outcome = { kind: 'answered', status: 503, ms: 1 }

  function picksAfterFailures(blind: boolean): string[] {
    const usual = balancers['least-connections']
    const balancer = blind ? withoutPenalty(usual) : usual
    const cluster = createCluster({ name: 'web', endpoints, balancer, random: () => 0.5 })
    const [member, ...others] = cluster.members
    for (let n = 0; n < 2; n++) cluster.lease(0, undefined, others)!.settle(failed, 0)
    expect(member!.penalty).to.equal(2)
    return Array.from({ length: 3 }, () => cluster.lease(0)!.member.endpoint.address).sort()
  }

  it('does not see what a member has failed, and sees what it has in flight', () => {
    expect(picksAfterFailures(true)).to.deep.equal(['a', 'b', 'c'])
    expect(picksAfterFailures(false), 'with its penalty').not.to.include('a')
  })

  it('asks for fitness as the other does', () => {
    const cluster = createCluster({
      ...{ name: 'web', endpoints, random: () => 0.5 },
      balancer: withoutPenalty(balancers['round-robin']),
    })
    cluster.setHeld('b', true, 0)
    expect(Array.from({ length: 4 }, () => cluster.lease(0)!.member.endpoint.address)).to.deep.equal([
      ...['a', 'c', 'a', 'c'],
    ])
  })
})
