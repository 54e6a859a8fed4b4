import { assert } from 'chai'
import { gravest, membersAt, sharesOf } from '../../demo/shares.ts'
import type { MemberState, MemberStatus, Status } from '../../sidecar/model/status.ts'

describe('demo/shares', () => {
  const instances = [
    { name: 'orders-1', address: '127.0.0.1:1', note: '' },
    { name: 'orders-2', address: '127.0.0.1:2', note: 'slow' },
  ]

  it('are what was picked since the last reading, over all sidecars', () => {
    const before = [statusOf({ picked: 10 }, { picked: 5 }), statusOf({ picked: 0 }, { picked: 0 })]
    const now = [
      statusOf({ picked: 20, inFlight: 1 }, { picked: 5 }),
      statusOf({ picked: 5 }, { picked: 5, inFlight: 2 }),
    ]
    const shares = sharesOf(now, before, { service: 'orders', instances, seconds: 2 })
    assert.deepEqual(
      shares.map(({ name, note, perSecond, share, inFlight }) => ({ name, note, perSecond, share, inFlight })),
      [
        { name: 'orders-1', note: '', perSecond: 7.5, share: 0.75, inFlight: 1 },
        { name: 'orders-2', note: 'slow', perSecond: 2.5, share: 0.25, inFlight: 2 },
      ],
    )
  })

  it('weigh the latencies by who asked how often', () => {
    const now = [statusOf({ picked: 3, latencyMs: 10 }, {}), statusOf({ picked: 1, latencyMs: 50 }, { latencyMs: 9 })]
    const shares = sharesOf(now, [], { service: 'orders', instances, seconds: 1 })
    assert.deepEqual(
      shares.map(({ latencyMs }) => latencyMs),
      [20, 0],
    )
  })

  it('show the gravest state that a sidecar has the instance in', () => {
    const now = [
      statusOf({ state: 'ready' }, { state: 'unhealthy' }),
      statusOf({ state: 'on-trial' }, { state: 'ejected' }),
      statusOf({ state: 'ready' }, { state: 'ready' }),
    ]
    const states = sharesOf(now, [], { service: 'orders', instances, seconds: 1 }).map(({ state }) => state)
    assert.deepEqual(states, ['on-trial', 'unhealthy'])
  })

  it('know which state is graver', () => {
    const order: MemberState[] = [
      'draining',
      'held',
      'circuit-open',
      'unhealthy',
      'ejected',
      'on-trial',
      'resting',
      'ready',
    ]
    for (const [i, state] of order.entries()) {
      const among = membersAt(
        [state, ...order.slice(i)].reverse().map(state => statusOf({ state })),
        'orders',
        '127.0.0.1:1',
      )
      assert.equal(gravest(among), state)
    }
    assert.equal(gravest(membersAt([statusOf({})], 'orders', '127.0.0.1:9')), 'unknown')
  })

  it('are zero before the first request, and for what no sidecar knows', () => {
    for (const now of [[], [statusOf({}, {})]]) {
      for (const row of sharesOf(now, [], { service: 'orders', instances, seconds: 0 })) {
        assert.deepInclude(row, { share: 0, perSecond: 0, inFlight: 0, latencyMs: 0 })
      }
    }
  })
})

function statusOf(...members: Partial<MemberStatus>[]): Status {
  const service = {
    name: 'orders',
    members: members.map((member, i) => ({ ...MEMBER, address: `127.0.0.1:${i + 1}`, ...member })),
  }
  return { services: [service] } as unknown as Status
}

const MEMBER = { picked: 0, inFlight: 0, latencyMs: 0, state: 'ready' }
