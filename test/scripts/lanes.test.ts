import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const { lanesOf, sumOf } = await import(new URL('../../scripts/lanes.mjs', import.meta.url).href)

describe('scripts/lanes', () => {
  it('have every test once, and nothing else', () => {
    const names = readdirSync(fileURLToPath(new URL('..', import.meta.url)), { recursive: true }) as string[]
    const lanes: string[][] = lanesOf(names)
    assert.lengthOf(lanes, 2)
    const tests = names.filter(name => name.endsWith('.test.ts')).map(name => `test/${name}`)
    assert.sameMembers(lanes.flat(), tests)
    for (const lane of lanes) assert.isAbove(lane.length, 30)
    // Both use the default address of the admin listener.
    const lanesOfPort = ['demo/start', 'examples', 'adopting'].map(name =>
      lanes.findIndex(lane => lane.includes(`test/${name}.test.ts`)),
    )
    assert.deepEqual(new Set(lanesOfPort), new Set([1]))
  })

  it('are told as one; a lane without a report is a failure', () => {
    const counts = { passes: 3, failures: 0, pending: 1, duration: 5 }
    const both = [{ counts }, { counts: { ...counts, failures: 2, duration: 9 } }]
    assert.deepEqual(sumOf(both), { passes: 6, failures: 2, pending: 2, duration: 9 })
    assert.deepEqual(sumOf([{ counts }, { counts: undefined }]), { passes: 3, failures: 1, pending: 1, duration: 5 })
  })
})
