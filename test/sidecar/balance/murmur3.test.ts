import { expect } from 'chai'
import { murmur3 } from '../../../sidecar/balance/murmur3.ts'

describe('balance: murmur3', () => {
  // The vectors that are passed round for MurmurHash3_x86_32 (https://stackoverflow.com/a/31929528); bytes as latin1.
  const vectors: readonly [text: string, seed: number, hash: number][] = [
    ['', 0, 0],
    ['', 1, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['\xff\xff\xff\xff', 0, 0x76293b50],
    ['!Ce\x87', 0, 0xf55b516b],
    ['!Ce\x87', 0x5082edee, 0x2362f9de],
    ['!Ce', 0, 0x7e4a8634],
    ['!C', 0, 0xa0f7b07a],
    ['!', 0, 0x72661cf4],
    ['\0\0\0\0', 0, 0x2362f9de],
    ['\0\0\0', 0, 0x85f0b427],
    ['\0\0', 0, 0x30f4c306],
    ['\0', 0, 0x514e28b7],
    ['test', 0, 0xba6bd213],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ]
  for (const [text, seed, hash] of vectors) {
    it(`${JSON.stringify(text)} with seed ${seed} is ${hash.toString(16)}`, () => {
      expect(murmur3(text, seed)).to.equal(hash)
    })
  }

  it('tells texts apart that differ beyond latin1', () => {
    expect(murmur3('кот', 0)).not.to.equal(murmur3('кит', 0))
  })
})
