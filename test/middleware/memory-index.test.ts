import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'
import { memoryIndex } from '../../middleware/stores/memory-index.ts'

describe('the index of the in-process store', () => {
  it('forgets users who never return', async () => {
    const index = memoryIndex({ peek: () => undefined, destroy: () => false })
    for (let nth = 0; nth < 900; nth++) await index.add(`gone${nth}`, 'x', 1)
    await index.add('ada', 'x', 60_000)
    await sleep(5)
    for (let nth = 0; nth < 200; nth++) await index.add('ada', `y${nth}`, 60_000)
    const listed = async (user: string) => {
      for await (const page of index.list(user)) return page
      return []
    }
    for (const nth of [0, 450, 899]) assert.deepEqual(await listed(`gone${nth}`), [])
    assert.lengthOf((await listed('ada'))!, 201)
  })
})
