import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { createSlots } from '../../../sidecar/health/slots.ts'

const never = () => new AbortController().signal

describe('health: slots', () => {
  it('lets in so many, and the others in their order', async () => {
    const slots = createSlots(2)
    const first = await slots.enter(never())
    const second = await slots.enter(never())
    const order: string[] = []
    const enter = async (name: string) => {
      const leave = await slots.enter(never())
      order.push(name)
      return leave!
    }
    const third = enter('third')
    const fourth = enter('fourth')
    await turn()
    expect([slots.taken, slots.waiting, order]).to.deep.equal([2, 2, []])
    second!()
    await turn()
    expect([slots.taken, slots.waiting, order]).to.deep.equal([2, 1, ['third']])
    first!()
    await turn()
    expect([slots.taken, slots.waiting, order]).to.deep.equal([2, 0, ['third', 'fourth']])
    const leaveThird = await third
    leaveThird()
    const leaveFourth = await fourth
    leaveFourth()
    expect(slots.taken).to.equal(0)
  })

  it('takes a slot back only once', async () => {
    const slots = createSlots(1)
    const leave = await slots.enter(never())
    leave!()
    const next = await slots.enter(never())
    leave!()
    expect(slots.taken).to.equal(1)
    next!()
    expect(slots.taken).to.equal(0)
  })

  it('forgets who does not want in any more', async () => {
    const slots = createSlots(1)
    const leave = await slots.enter(never())
    const controller = new AbortController()
    const gone = slots.enter(controller.signal)
    const next = slots.enter(never())
    controller.abort()
    expect(await gone).to.equal(undefined)
    expect([slots.taken, slots.waiting]).to.deep.equal([1, 1])
    leave!()
    expect(await next).to.be.a('function')
    expect([slots.taken, slots.waiting]).to.deep.equal([1, 0])
  })

  it('lets nobody in who was gone before', async () => {
    const slots = createSlots(1)
    expect(await slots.enter(AbortSignal.abort())).to.equal(undefined)
    expect(slots.taken).to.equal(0)
  })

  it('has 32 unless told otherwise', async () => {
    const slots = createSlots()
    for (let i = 0; i < 40; i++) void slots.enter(never())
    expect([slots.taken, slots.waiting]).to.deep.equal([32, 8])
  })
})
