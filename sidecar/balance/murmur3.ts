/**
 * MurmurHash3_x86_32 (Austin Appleby, public domain) of a text whose characters are bytes, which is what the wire
 * gives us. Characters above 0xff spill into their neighbours: still a hash, no longer that of any encoding.
 */
export function murmur3(text: string, seed: number): number {
  const whole = text.length & ~3
  let h = seed | 0
  for (let i = 0; i < whole; i += 4) {
    const k =
      text.charCodeAt(i) ^
      (text.charCodeAt(i + 1) << 8) ^
      (text.charCodeAt(i + 2) << 16) ^
      (text.charCodeAt(i + 3) << 24)
    h ^= scramble(k)
    h = (h << 13) | (h >>> 19)
    h = (Math.imul(h, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = text.length - 1; i >= whole; i--) tail = (tail << 8) ^ text.charCodeAt(i)
  return finish(h ^ scramble(tail) ^ text.length)
}

/** The finaliser of the above: spreads every bit of a 32-bit number over all of them. */
export function finish(bits: number): number {
  let h = bits
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function scramble(bits: number): number {
  const k = Math.imul(bits, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
