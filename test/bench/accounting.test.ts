import { assert } from 'chai'
import { busy, cpuEver, cpuOf, parseBusy, parseResident, parseStat, residentOf } from '../../bench/accounting.ts'

const numbers = 'S 41 7 7 0 -1 4194560 9 0 0 0 120 30 4 6 20 0 11 0 5 6 7'

describe('bench/accounting', () => {
  for (const name of ['node', 'nginx: worker process', 'a (b) c', ') S 1 2', '', 'x\ny']) {
    it(`reads the stat line of a process called ${JSON.stringify(name)}`, () => {
      const stat = parseStat(`7 (${name}) ${numbers}\n`)
      assert.deepEqual(stat, { pid: 7, parent: 41, ms: 1_500, pastChildrenMs: 100 })
    })
  }

  for (const text of ['', '7 (node', '7 (node) S', 'x (node) S 1 2 3']) {
    it(`reads nothing from ${JSON.stringify(text)}`, () => assert.isUndefined(parseStat(text)))
  }

  it('counts every kind of busy time, and neither idle time nor time spent waiting for disks', () => {
    assert.equal(parseBusy('cpu  1 2 4 1000 1000 8 16 32 0 0\ncpu0 1 1 1 1\n'), 630)
    assert.isUndefined(parseBusy('intr 1 2'))
  })

  it('reads resident memory', () => {
    assert.equal(parseResident('Name:\tx\nVmHWM:\t 9999 kB\nVmRSS:\t 2048 kB\n'), 2)
    assert.isUndefined(parseResident('Name:\tkthreadd\n'), 'a kernel thread has none')
  })

  it('knows this very process, where there is a /proc', function () {
    if (process.platform !== 'linux') this.skip()
    assert.isAbove(residentOf(process.pid)!, 1)
    const before = cpuOf(process.pid)!
    assert.isAtLeast(cpuEver(process.pid)!, before)
    assert.isAbove(busy()!, 0)
  })

  it('knows nothing of a process that is gone', () => {
    assert.isUndefined(cpuOf(2 ** 30))
    assert.isUndefined(residentOf(2 ** 30))
  })
})
