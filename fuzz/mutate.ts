// Changes that know what a message looks like, and some that do not. About half of what comes out is still a message:
// what all readers refuse teaches nothing.

import type { Random } from '../sidecar/model/candidate.ts'
import { BODY_MUTATIONS } from './mutate-body.ts'
import { HEAD_MUTATIONS } from './mutate-head.ts'
import { BLANKS, BYTES, type Mutation, pick, place } from './words.ts'

/** One to three messages in one stream, each a little changed. */
export function mutated(corpus: readonly string[], random: Random): string {
  const count = random() < 0.6 ? 1 : random() < 0.7 ? 2 : 3
  let out = ''
  for (let n = 0; n < count; n++) out += mutatedMessage(pick(corpus, random), random)
  return random() < 0.1 ? change(BYTE_MUTATIONS, out, random) : out
}

function mutatedMessage(message: string, random: Random): string {
  let out = message
  for (let left = TIMES[Math.floor(random() * TIMES.length)]!; left > 0; left--) {
    const roll = random()
    out = change(roll < 0.55 ? HEAD_MUTATIONS : roll < 0.85 ? BODY_MUTATIONS : BYTE_MUTATIONS, out, random)
  }
  return out
}

/** Of how many changes a message gets. */
const TIMES = [0, 1, 1, 1, 2, 2, 3, 5]

const change = (mutations: readonly Mutation[], text: string, random: Random): string =>
  pick(mutations, random)(text, random)

const BYTE_MUTATIONS: readonly Mutation[] = [
  // flip a bit
  (text, random) => {
    const at = place(text, random)
    return put(text, at, 1, String.fromCharCode((text.charCodeAt(at) || 0) ^ (1 << Math.floor(random() * 8))))
  },
  (text, random) => put(text, place(text, random), 1, pick(BYTES, random)),
  (text, random) => put(text, place(text, random), 0, pick(BYTES, random)),
  (text, random) => put(text, place(text, random), 0, pick(BLANKS, random)),
  (text, random) => put(text, place(text, random), 1, ''),
  (text, random) => put(text, place(text, random), Math.floor(random() * 20), ''),
  // repeat a piece elsewhere
  (text, random) => {
    const from = place(text, random)
    return put(text, place(text, random), 0, text.slice(from, from + Math.floor(random() * 60)))
  },
  (text, random) => text.slice(0, place(text, random)),
]

function put(text: string, at: number, instead: number, what: string): string {
  return text.slice(0, at) + what + text.slice(at + instead)
}
