import { setImmediate as turn } from 'node:timers/promises'
import { forwardingOf } from '../sidecar/http1/forward-request.ts'
import type { Random } from '../sidecar/model/candidate.ts'
import { seeded } from '../test/support/random.ts'
import { type Bench, type Case, check } from './check.ts'
import type { Finding } from './compare.ts'
import { REQUESTS, RESPONSES } from './corpus.ts'
import { minimise } from './minimise.ts'
import { mutated } from './mutate.ts'
import { createNodeServer } from './node-server.ts'
import type { Asker } from './our-responses.ts'
import { SUBJECT, type Subject } from './subject.ts'
import { pick } from './words.ts'

export interface FuzzOptions {
  readonly seed: number
  readonly seconds: number
  readonly iterations?: number
  readonly subject?: Subject
  /** Ends with this many kinds of findings. */
  readonly most?: number
}

export interface Found extends Finding {
  readonly seed: number
  /** With the seed it makes the same input again. */
  readonly iteration: number
  readonly tried: Case
  /** The shortest input that shows the same. */
  readonly minimal: string
}

export interface FuzzResult {
  readonly iterations: number
  /** Iterations in which a whole message was accepted. */
  readonly accepted: number
  readonly seconds: number
  /** One of each kind. */
  readonly found: readonly Found[]
  /** How often each exception was needed. */
  readonly excused: ReadonlyMap<string, number>
}

export async function fuzz({
  seed,
  seconds,
  iterations,
  subject = SUBJECT,
  most = 10,
}: FuzzOptions): Promise<FuzzResult> {
  const node = createNodeServer()
  const found = new Map<string, Found>()
  const excused = new Map<string, number>()
  const started = performance.now()
  const elapsed = () => (performance.now() - started) / 1000
  let done = 0
  let accepted = 0
  while (elapsed() < seconds && done < (iterations ?? Number.POSITIVE_INFINITY) && found.size < most) {
    const random = seeded(seed + done * 0x9e3779b1)
    const tried = makeCase(random)
    const bench: Bench = { subject, node, random }
    const verdict = await check(tried, bench)
    if (verdict.accepted) accepted++
    for (const name of verdict.excused) excused.set(name, (excused.get(name) ?? 0) + 1)
    const { finding } = verdict
    if (finding !== undefined && !found.has(finding.kind)) {
      found.set(finding.kind, { ...(await smallest(tried, finding, bench)), seed, iteration: done })
    }
    // Sockets that were destroyed give their parsers back in a later turn.
    if (++done % 64 === 0) await turn()
  }
  return { iterations: done, accepted, seconds: elapsed(), found: [...found.values()], excused }
}

/** The case of one iteration: all of it follows from the dice. */
export function makeCase(random: Random): Case {
  if (random() < 0.3) return { kind: 'response', asker: pick(ASKERS, random), input: mutated(RESPONSES, random) }
  return { kind: 'request', forwarding: pick(FORWARDINGS, random), input: mutated(REQUESTS, random) }
}

const FORWARDINGS = [
  forwardingOf('10.0.0.1', false, 'web'),
  forwardingOf('', false, 'web'),
  forwardingOf('10.0.0.1', true, 'web'),
  forwardingOf('', true, ''),
]

const ASKERS: readonly Asker[] = [
  { bodiless: false, minor: 1, connection: '' },
  { bodiless: false, minor: 1, connection: '' },
  { bodiless: false, minor: 1, connection: 'close' },
  { bodiless: true, minor: 1, connection: '' },
  { bodiless: false, minor: 0, connection: 'keep-alive' },
  { bodiless: false, minor: 0, connection: 'close' },
]

async function smallest(tried: Case, finding: Finding, bench: Bench): Promise<Omit<Found, 'seed' | 'iteration'>> {
  const again = async (input: string) => (await check({ ...tried, input }, bench)).finding
  const minimal = await minimise(tried.input, async input => (await again(input))?.kind === finding.kind)
  return { ...((await again(minimal)) ?? finding), tried, minimal }
}
