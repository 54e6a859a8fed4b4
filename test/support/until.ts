import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from 'chai'

/** Polls, for what has no event. */
export async function until(isSo: () => boolean | Promise<boolean>, ms = 5_000): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(10)) if (await isSo()) return
  assert.fail(`not so within ${ms} ms`)
}
