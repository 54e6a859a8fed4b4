import type { Random } from '../sidecar/model/candidate.ts'

/** Bytes as they come from a socket: a part of a buffer, in pieces that end at `cuts`, the last of which is its end. */
export interface Source {
  readonly bytes: Buffer
  readonly from: number
  readonly cuts: readonly number[]
}

export function inOnePiece(input: string): Source {
  const bytes = Buffer.from(input, 'latin1')
  return { bytes, from: 0, cuts: [bytes.length] }
}

/** Bytes that would change everything if a parser looked at them. */
const AROUND = Buffer.from('\r\n\r\n0\r\n\r\nGET /beyond HTTP/1.1\r\nContent-Length: 5\r\nA: b\r\n\r\n', 'latin1')

/** Somewhere within a larger buffer, in up to eight pieces, or byte by byte. */
export function inPieces(input: string, random: Random): Source {
  const from = Math.floor(random() * AROUND.length)
  const around = AROUND.subarray(Math.floor(random() * AROUND.length))
  const bytes = Buffer.concat([AROUND.subarray(0, from), Buffer.from(input, 'latin1'), around])
  const bytewise = input.length <= 512 && random() < 0.02
  const count = bytewise ? input.length : Math.floor(random() * 8)
  const cuts = Array.from({ length: count }, (_, i) => from + (bytewise ? i + 1 : Math.floor(random() * input.length)))
  return { bytes, from, cuts: [...cuts.sort((a, b) => a - b), from + input.length] }
}
