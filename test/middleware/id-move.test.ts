// Moves, writes and logouts of several processes, in orders that dice choose: each step of each may come before or after
// each step of the others, and some processes end in the middle.
import { assert } from 'chai'
import { SessionGone } from '../../middleware/errors.ts'
import { hashedIds, storedId } from '../../middleware/hardening/hashed-ids.ts'
import { createSeal } from '../../middleware/hardening/seal.ts'
import { sealKeys } from '../../middleware/hardening/seal-keys.ts'
import { sealed } from '../../middleware/hardening/sealed.ts'
import { createWriters } from '../../middleware/sessions/writers.ts'
import { MemoryStore } from '../../middleware/stores/memory-store.ts'
import type { SessionStore } from '../../middleware/stores/store.ts'
import { seeded } from '../support/random.ts'

const ID = 'the-id'
const LIFE = 60_000

describe('a move to hashed ids', () => {
  const seed = Number(process.env.SEED) || Date.now() % 1e9
  const ROUNDS = 700

  it(`loses no write, and brings back nothing, in ${ROUNDS} orders (SEED=${seed})`, async () => {
    const seen = { moved: 0, gone: 0, kept: 0, crashed: 0 }
    for (let nth = 0; nth < ROUNDS; nth++) await round(seed + nth, seen)
    for (const [what, count] of Object.entries(seen)) assert.isAbove(count, ROUNDS / 50, what)
  })

  const session = '{"cookie":{"originalMaxAge":60000},"start":1}'
  /** What is under the id, what is under its hash, and what a reader finds. */
  const states: Record<string, [string | undefined, string | undefined, string | undefined]> = {
    'before it': [session, undefined, session],
    'after step 1': [session, 'moving N', session],
    'after step 2': [`moved N ${session}`, 'moving N', session],
    'after step 3': [`moved N ${session}`, session, session],
    'after step 4': ['moved N ', session, session],
    'long after': [undefined, session, session],
    'a mover who comes after a logout': [undefined, 'moving M', undefined],
    'a mover who comes after another, and what that one moved has been evicted': [
      `moved N ${session}`,
      'moving M',
      undefined,
    ],
    'evicted after step 2': [`moved N ${session}`, undefined, undefined],
    'claimed in between': [`moved N ${session} `, 'moving N ', session],
  }
  for (const [what, [from, to, expected]] of Object.entries(states)) {
    for (const mode of [true, 'read'] as const) {
      it(`that ended here is ended by who comes next: ${what} (${mode})`, async () => {
        const { driver } = new MemoryStore()
        const put = async (id: string, json: string | undefined) =>
          json !== undefined && driver.create(id, { json, life: LIFE, session: undefined as never })
        await put(ID, from)
        await put(storedId(ID), to)
        const hashed = hashedIds(driver, mode)
        for (let nth = 0; nth < 2; nth++)
          assert.equal(((await hashed.load(ID, undefined)) as string)?.trimEnd(), expected)
        await hashed.destroy(ID)
        assert.isUndefined(await hashed.load(ID, undefined))
      })
    }
  }
})

async function round(seed: number, seen: { moved: number; gone: number; kept: number; crashed: number }) {
  const random = seeded(seed)
  const pick = (below: number) => Math.floor(random() * below)
  const store = new MemoryStore()
  const start = JSON.stringify({ cookie: { originalMaxAge: LIFE }, start: 1 })
  const seal = createSeal(sealKeys(Buffer.alloc(32, 1)), false)
  const isSealed = pick(2) === 0
  const driverOf = (base: SessionStore) => (isSealed ? sealed(base, seal) : base)
  await driverOf(store.driver).create(ID, { json: start, life: LIFE, session: undefined as never })

  const waiting: { resolve: () => void; process: Process }[] = []
  const acknowledged = new Set<string>()
  let begun = false
  let destroyed = false

  /** A process: all that it asks of the store waits for its turn, before and after. */
  class Process {
    crashed = false
    readonly mode: true | 'read' = pick(3) === 0 ? 'read' : true
    readonly driver: SessionStore
    readonly writers
    constructor() {
      this.driver = hashedIds(driverOf(this.stepped(store.driver)), this.mode)
      this.writers = createWriters(this.driver, { conflicts: 0 })
    }
    turn = () => new Promise<void>(resolve => waiting.push({ resolve, process: this }))
    stepped(base: SessionStore): SessionStore {
      const step =
        (method: any) =>
        async (...args: any[]) => {
          await this.turn()
          const result = method(...args)
          await this.turn()
          return result
        }
      const { load, create, add, replace, touch, destroy } = base
      const stepping = { load, create, add, replace, touch, destroy }
      for (const [name, method] of Object.entries(stepping)) stepping[name as 'load'] = step(method)
      return { ...base, ...stepping } as SessionStore
    }
    async write(key: string) {
      const mayBeGone = begun
      const afterwards = destroyed
      const json = await this.driver.load(ID, LIFE)
      if (json !== undefined) assert.isFalse(afterwards, 'found after it was destroyed')
      if (json === undefined) return assert.isTrue(mayBeGone || begun, 'not found, yet nobody destroyed it')
      const change = {
        seen: json as string,
        session: undefined as never,
        life: LIFE,
        apply: (data: any) => (data[key] = 1),
      }
      try {
        await this.writers.write(ID, change)
        acknowledged.add(key)
      } catch (error) {
        assert.instanceOf(error, SessionGone)
        assert.isTrue(begun, 'gone, yet nobody destroyed it')
      }
    }
    async destroy() {
      await this.driver.load(ID, undefined)
      begun = true
      await this.driver.destroy(ID)
      destroyed = true
    }
  }

  const processes = Array.from({ length: 2 + pick(3) }, () => new Process())
  const crashing = pick(3) === 0 ? processes[pick(processes.length)] : undefined
  const crashAt = pick(20)
  let work = 0
  let done = 0
  let failure: unknown
  const run = (task: Promise<unknown>, process: Process) => {
    work++
    task.catch(error => (failure ??= error)).finally(() => !process.crashed && done++)
  }
  for (const [nth, process] of processes.entries()) {
    run(
      process.write(`a${nth}`).then(() => process.write(`b${nth}`)),
      process,
    )
    if (pick(2) === 0) run(process.write(`c${nth}`), process)
  }
  const destroyer = pick(2) === 0 ? processes[pick(processes.length)] : undefined
  if (destroyer) run(destroyer.destroy(), destroyer)

  for (let turns = 0, idle = 0; idle < 3; turns++) {
    await new Promise(setImmediate)
    if (turns === crashAt && crashing) crashing.crashed = true
    const ready = waiting.filter(each => !each.process.crashed)
    if (ready.length === 0) {
      const alive = processes.filter(process => !process.crashed).length
      if (crashing?.crashed || done === work || alive === 0) idle++
      else await new Promise(resolve => setTimeout(resolve, 1))
      continue
    }
    idle = 0
    const next = ready[pick(ready.length)]!
    waiting.splice(waiting.indexOf(next), 1)
    next.resolve()
  }

  const found = await hashedIds(driverOf(store.driver), true).load(ID, undefined)
  const context = `seed ${seed}`
  if (failure !== undefined)
    throw Object.assign(failure as Error, { message: `${context}: ${(failure as Error).message}` })
  if (destroyed) assert.isUndefined(found, `${context}: back again`)
  else if (!begun) {
    assert.isString(found, `${context}: lost`)
    for (const key of acknowledged) assert.property(JSON.parse(found as string), key, context)
  }
  if (store.sessions[storedId(ID)] !== undefined && !begun) seen.moved++
  if (destroyed) seen.gone++
  if (acknowledged.size > 0) seen.kept++
  if (crashing?.crashed) seen.crashed++
}
