import { expect } from 'chai'
import { hasMember } from '../../../sidecar/http1/list.ts'

describe('http1: list', () => {
  const has = (list: string) => {
    const bytes = Buffer.from(`ab,${list},ab`, 'latin1')
    return hasMember(bytes, 3, 3 + list.length, 'ab')
  }

  for (const list of ['ab', 'AB', ' ab\t', 'x,ab', 'ab,x', ',,ab,,', 'x \t,\t aB ,y']) {
    it(`has its member in ${JSON.stringify(list)}`, () => expect(has(list)).to.equal(true))
  }

  for (const list of ['', ' ', ',', 'a', 'abc', 'xab', 'a b', 'ab;q=1', 'x ab', 'ab\xa0', 'ab\v', 'a,b']) {
    it(`has it not in ${JSON.stringify(list)}`, () => expect(has(list)).to.equal(false))
  }
})
