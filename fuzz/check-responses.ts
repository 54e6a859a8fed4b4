import { type Comparable, difference, type Finding } from './compare.ts'
import { expectedResponse } from './expected.ts'
import type { NodeResponse } from './node-client.ts'
import type { Asker, OurResponse } from './our-responses.ts'
import { all, listed, passable, type ResponseReading } from './reading.ts'

/** Whatever we accept of a server's bytes, node must read the same. */
export function compareResponses(ours: OurResponse, asker: Asker, theirs: NodeResponse): Finding | undefined {
  const found = compareInterims('response', ours.interims, ours, theirs)
  const { final, fault } = ours
  if (found !== undefined || final === undefined) return found
  if (theirs.final === undefined) return refused('response', final, theirs)
  return difference('response', ...aligned(final, theirs.final, { faulty: fault !== '', asker }))
}

/** Both readings as far as they can be compared; requests have the same in check-requests.ts. */
function aligned(
  ours: ResponseReading,
  theirs: ResponseReading,
  { faulty, asker }: { faulty: boolean; asker: Asker },
): [Comparable, Comparable] {
  const { status, phrase, minor, fields, trailers } = ours
  const options = listed(fields, 'connection')
  const both = minor === 0 && options.includes('close') && options.includes('keep-alive')
  const cut = faulty && !ours.whole
  const length = cut ? Math.min(ours.content.length, theirs.content.length) : Number.POSITIVE_INFINITY
  const expected = {
    ...{ status, phrase, minor, fields, content: ours.content.slice(0, length) },
    whole: cut ? theirs.whole : ours.whole,
    keepAlive: both || nodeWaits(asker, ours) ? theirs.keepAlive : ours.keepAlive,
  }
  return [
    ours.whole ? { ...expected, trailers } : expected,
    { ...theirs, content: theirs.content.slice(0, length), trailers: passable(theirs.trailers) },
  ]
}

/** A HEAD response without framing ends with its head, but llhttp asks whether to keep the connection before it knows. */
const nodeWaits = ({ bodiless }: Asker, { fields }: ResponseReading) =>
  bodiless && all(fields, 'content-length').length === 0 && all(fields, 'transfer-encoding').length === 0

/** Whatever we forward, node must read as what we accepted. */
export function compareForwardedResponse(ours: OurResponse, asker: Asker, theirs: NodeResponse): Finding | undefined {
  const interims = asker.minor === 0 ? [] : ours.interims.filter(({ status }) => status !== 101)
  const rewritten = interims.map(({ status, minor, fields }) => ({
    ...{ status, minor: 1 },
    fields: expectedResponse({ status, minor, fields }, false, ''),
  }))
  const found = compareInterims('forwarded response', rewritten, ours, theirs)
  const { final } = ours
  if (found !== undefined || final === undefined) return found
  if (theirs.final === undefined) return refused('forwarded response', final, theirs)
  const connection = ours.closes ? 'close' : asker.connection
  const { status, phrase, content, trailers, whole } = final
  const fields = expectedResponse(final, ours.chunked, connection)
  const expected: Comparable = {
    ...{ status, phrase, content, whole, minor: 1 },
    fields,
    trailers: asker.minor === 0 ? [] : trailers,
    keepAlive: nodeWaits(asker, { ...final, fields }) ? theirs.final.keepAlive : connection !== 'close',
  }
  return difference('forwarded response', expected, theirs.final)
}

function compareInterims(
  where: string,
  expected: OurResponse['interims'],
  ...[ours, theirs]: [OurResponse, NodeResponse]
): Finding | undefined {
  for (const [i, interim] of expected.entries()) {
    const read = interim.status === 101 ? theirs.final : theirs.interims[i]
    if (read === undefined) return refused(where, interim, theirs)
    const found = difference(`${where}: interim`, interim, read)
    if (found !== undefined) return found
  }
  const more = theirs.interims[expected.length]
  if (more === undefined || ours.stop === 'fault') return undefined
  return { kind: `${where}: one more`, ours: ours.stop, theirs: JSON.stringify(more) }
}

function refused(where: string, reading: Comparable, theirs: NodeResponse): Finding {
  return { kind: `${where}: refused`, ours: JSON.stringify(reading), theirs: theirs.error }
}
