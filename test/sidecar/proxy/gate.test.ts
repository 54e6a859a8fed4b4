import { expect } from 'chai'
import { type Abortable, createGate, type Gate } from '../../../sidecar/proxy/gate.ts'
import { OVERLOAD, QUEUE_TIMEOUT } from '../../../sidecar/proxy/refusal.ts'

describe('proxy: gate', () => {
  const LIMITS = { inFlight: 2, queue: 3, queueTimeout: 10_000 }

  /** Fills a gate, and notes in which order those who wait come in or are turned away. */
  function full(limits = LIMITS): { gate: Gate; log: string[]; wait(name: string): Abortable } {
    const gate = createGate(limits)
    const log: string[] = []
    while (gate.enter());
    const wait = (name: string): Abortable => {
      const abortable: Abortable = { abortWait: null }
      gate.wait(abortable).then(
        () => log.push(name),
        reason => log.push(`${name}: ${reason.reason ?? reason}`),
      )
      return abortable
    }
    return { gate, log, wait }
  }
  const turn = () => new Promise<void>(resolve => setImmediate(resolve))

  it('lets in as many as there are places', () => {
    const gate = createGate(LIMITS)
    expect([gate.enter(), gate.enter(), gate.enter(), gate.inFlight]).to.deep.equal([true, true, false, 2])
    gate.leave()
    expect([gate.inFlight, gate.enter(), gate.enter()]).to.deep.equal([1, true, false])
  })

  it('hands a place to the one who has waited longest, and to nobody else', async () => {
    const { gate, log, wait } = full()
    for (const name of ['a', 'b', 'c']) wait(name)
    expect(gate.queued).to.equal(3)
    gate.leave()
    // Before the one who was let in has had its turn.
    expect([gate.enter(), gate.inFlight, gate.queued]).to.deep.equal([false, 2, 2])
    await turn()
    expect(log).to.deep.equal(['a'])
    gate.leave()
    gate.leave()
    await turn()
    expect(log).to.deep.equal(['a', 'b', 'c'])
    expect([gate.inFlight, gate.queued]).to.deep.equal([2, 0])
    gate.leave()
    gate.leave()
    expect([gate.inFlight, gate.enter()]).to.deep.equal([0, true])
  })

  it('turns away at once when the queue is full', async () => {
    const { gate, log, wait } = full()
    const waiting = ['a', 'b', 'c', 'd'].map(wait)
    await turn()
    expect(log).to.deep.equal([`d: ${OVERLOAD.reason}`])
    expect(gate.queued).to.equal(3)
    expect(waiting[3]!.abortWait).to.equal(null)
    for (const each of waiting) each.abortWait?.('end')
  })

  it('has no queue when its limit is 0', async () => {
    const { log, wait } = full({ ...LIMITS, queue: 0 })
    wait('a')
    await turn()
    expect(log).to.deep.equal([`a: ${OVERLOAD.reason}`])
  })

  it('turns away who has waited too long, and only that one', async () => {
    const { gate, log, wait } = full({ ...LIMITS, queueTimeout: 15 })
    wait('a')
    await new Promise(resolve => setTimeout(resolve, 40))
    expect(log).to.deep.equal([`a: ${QUEUE_TIMEOUT.reason}`])
    const late = wait('b')
    expect(gate.queued).to.equal(1)
    gate.leave()
    await new Promise(resolve => setTimeout(resolve, 40))
    expect(log).to.deep.equal([`a: ${QUEUE_TIMEOUT.reason}`, 'b'])
    expect(late.abortWait).to.equal(null)
    expect([gate.inFlight, gate.queued]).to.deep.equal([2, 0])
  })

  it('lets one in the middle go, and the others keep their order', async () => {
    const { gate, log, wait } = full()
    const [, b] = ['a', 'b', 'c'].map(wait)
    b!.abortWait!('left')
    expect([gate.queued, b!.abortWait]).to.deep.equal([2, null])
    gate.leave()
    gate.leave()
    await turn()
    expect(log).to.deep.equal(['b: left', 'a', 'c'])
    expect([gate.inFlight, gate.queued]).to.deep.equal([2, 0])
  })

  it('cannot be left by one who is inside already', async () => {
    const { gate, log, wait } = full()
    const a = wait('a')
    gate.leave()
    expect(a.abortWait).to.equal(null)
    await turn()
    expect(log).to.deep.equal(['a'])
  })
})
