import type { Forwarding } from '../sidecar/http1/forward-request.ts'
import type { Random } from '../sidecar/model/candidate.ts'
import { compareForwarded, compareRequests } from './check-requests.ts'
import { compareForwardedResponse, compareResponses } from './check-responses.ts'
import type { Finding } from './compare.ts'
import { type Accepted, EXCEPTIONS, type Exception } from './exceptions.ts'
import { nodeResponse } from './node-client.ts'
import type { NodeServer } from './node-server.ts'
import type { Span } from './our-body.ts'
import { readRequests } from './our-requests.ts'
import { type Asker, readResponse } from './our-responses.ts'
import { inOnePiece, inPieces } from './source.ts'
import type { Subject } from './subject.ts'

/** All that a finding depends on. */
export type Case =
  | { readonly kind: 'request'; readonly input: string; readonly forwarding: Forwarding }
  | { readonly kind: 'response'; readonly input: string; readonly asker: Asker }

export interface Verdict {
  /** At least one whole message was accepted. */
  readonly accepted: boolean
  readonly finding: Finding | undefined
  /** Names of the exceptions that were needed. */
  readonly excused: readonly string[]
}

export interface Bench {
  readonly subject: Subject
  readonly node: NodeServer
  readonly random: Random
}

export async function check(tried: Case, bench: Bench): Promise<Verdict> {
  try {
    const judged = await judge(tried, bench)
    const { accepted, raw, forwarded, pieces } = judged
    if (pieces !== undefined) return { accepted, finding: pieces, excused: [] }
    const first = await excuse(tried, judged, raw, bench)
    const second = await excuse(tried, judged, forwarded, bench)
    return { accepted, finding: first.finding ?? second.finding, excused: [...first.excused, ...second.excused] }
  } catch (error) {
    const { message, stack = '' } = error as Error
    const kind = `thrown: ${message.replace(/\d+/g, 'N').slice(0, 60)}`
    return { accepted: false, excused: [], finding: { kind, ours: stack, theirs: '' } }
  }
}

interface Judged {
  readonly accepted: boolean
  /** What we took for what, against node. */
  readonly raw: Finding | undefined
  /** What we made of it. */
  readonly forwarded: Finding | undefined
  /** What comes in pieces must be the same as what comes in one. */
  readonly pieces: Finding | undefined
  readonly spans: Accepted
}

const judge = (tried: Case, bench: Bench): Promise<Judged> | Judged =>
  tried.kind === 'request' ? judgeRequests(tried, bench) : judgeResponse(tried, bench)

function judgeRequests({ input, forwarding }: Case & { kind: 'request' }, { subject, node, random }: Bench): Judged {
  const ours = readRequests(inOnePiece(input), subject, forwarding)
  const { messages, stop } = ours
  const spans = {
    methods: messages.map(({ head, method }): Span => [head[0], head[0] + method.length]),
    heads: messages.map(({ head }) => head),
    dropped: messages.flatMap(({ dropped }) => dropped),
  }
  // Nothing accepted, nothing awaited: there is nothing to compare.
  const comparable = messages.length > 0 || stop === 'incomplete'
  return {
    accepted: messages[0]?.whole === true,
    spans,
    pieces: invariance(ours, readRequests(inPieces(input, random), subject, forwarding)),
    raw: comparable ? compareRequests(ours, node.read(Buffer.from(input, 'latin1'))) : undefined,
    forwarded: compareForwarded(ours, forwarding, node),
  }
}

async function judgeResponse(tried: Case & { kind: 'response' }, { subject, random }: Bench): Promise<Judged> {
  const { input, asker } = tried
  const ours = readResponse(inOnePiece(input), subject, asker)
  const { heads, dropped, final, interims, stop, closes } = ours
  const judged = {
    accepted: final?.whole === true,
    spans: { methods: [], heads, dropped },
    pieces: invariance(ours, readResponse(inPieces(input, random), subject, asker)),
  }
  if (final === undefined && interims.length === 0) return { ...judged, raw: undefined, forwarded: undefined }
  const method = asker.bodiless ? 'HEAD' : 'GET'
  const raw = compareResponses(ours, asker, await nodeResponse(Buffer.from(input, 'latin1'), method, true))
  // What the client gets of 101 is not told here.
  if (stop === 'switch') return { ...judged, raw, forwarded: undefined }
  // An answer that breaks off ends in a reset, never in an end that looks clean.
  const ends = closes && final?.whole === true
  const theirs = await nodeResponse(Buffer.from(ours.forwarded, 'latin1'), method, ends)
  return { ...judged, raw, forwarded: compareForwardedResponse(ours, asker, theirs) }
}

type Pieced = { readonly fault: string }

/** Where the bytes were cut, and what stands around them, must not show. */
function invariance(one: Pieced, other: Pieced): Finding | undefined {
  const [ours, theirs] = [view(one), view(other)]
  if (ours === theirs) return undefined
  // How much of a message has been passed on before its fault depends on the pieces; what the fault is does not.
  if (one.fault !== '' && withoutContent(ours) === withoutContent(theirs)) return undefined
  return { kind: 'pieces', ours, theirs }
}

function view(reading: Pieced): string {
  return JSON.stringify(reading, (key, value) => (PLACES.has(key) ? undefined : value))
}

const PLACES: ReadonlySet<string> = new Set(['head', 'heads', 'dropped'])

const withoutContent = (reading: string) => reading.replace(/"(?:content|forwarded)":"(?:[^"\\]|\\.)*"/g, '')

/** Tries the exceptions one by one, then all together. */
async function excuse(
  tried: Case,
  { spans }: Judged,
  ...[finding, bench]: [Finding | undefined, Bench]
): Promise<Pick<Verdict, 'finding' | 'excused'>> {
  if (finding === undefined) return { finding, excused: [] }
  const isForwarded = finding.kind.startsWith('forwarded')
  const fitting = EXCEPTIONS.filter(({ forwarded, rewrite }) => {
    return (forwarded === true || !isForwarded) && rewrite(tried.input, spans) !== tried.input
  })
  const agrees = async (input: string) => {
    const { raw, forwarded } = await judge({ ...tried, input }, bench)
    return (isForwarded ? forwarded : raw) === undefined
  }
  for (const { name, rewrite } of fitting) {
    if (await agrees(rewrite(tried.input, spans))) return { finding: undefined, excused: [name] }
  }
  if (fitting.length < 2 || !(await agrees(await rewrittenBy(fitting, tried, bench)))) return { finding, excused: [] }
  return { finding: undefined, excused: fitting.map(({ name }) => name) }
}

async function rewrittenBy(exceptions: readonly Exception[], tried: Case, bench: Bench): Promise<string> {
  let { input } = tried
  for (const { rewrite } of exceptions) {
    const { spans } = await judge({ ...tried, input }, bench)
    input = rewrite(input, spans)
  }
  return input
}
