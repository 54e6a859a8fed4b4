import { METHODS } from 'node:http'
import type { Forwarding } from '../sidecar/http1/forward-request.ts'
import { type Comparable, difference, type Finding } from './compare.ts'
import { expectedRequest } from './expected.ts'
import type { NodeRequests, NodeServer } from './node-server.ts'
import type { OurRequest, OurRequests } from './our-requests.ts'
import { listed, passable, type RequestReading } from './reading.ts'

/** Whatever we accept of a client's bytes, node must read the same. */
export function compareRequests(ours: OurRequests, theirs: NodeRequests): Finding | undefined {
  const { messages, stop } = ours
  for (const [i, message] of messages.entries()) {
    const read = theirs.messages[i]
    if (read === undefined) return { kind: 'request: refused', ours: show(message), theirs: theirs.error }
    const found = difference('request', ...aligned(message, read, stop === 'fault'))
    if (found !== undefined) return found
  }
  // Where we go on reading, node must neither see more nor end. Where we stop, it may go on as it likes.
  if (stop !== 'end' && stop !== 'incomplete') return undefined
  const more = theirs.messages[messages.length]
  if (more !== undefined) return { kind: 'request: one more', ours: stop, theirs: show(more) }
  if (stop === 'end' && theirs.error !== '') return { kind: 'request: error', ours: stop, theirs: theirs.error }
  return undefined
}

/** Both readings as far as they can be compared. */
function aligned(ours: OurRequest, theirs: RequestReading, faulty: boolean): [Comparable, Comparable] {
  const { method, target, minor, fields, trailers } = ours
  const options = listed(fields, 'connection')
  const keepAlive =
    // Behind CONNECT nothing is a message for node, whatever Connection says.
    method === 'CONNECT' ||
    // llhttp lets keep-alive win over close in HTTP/1.0. To close is safe: nothing that follows is read by us.
    (minor === 0 && options.includes('close') && options.includes('keep-alive'))
      ? theirs.keepAlive
      : ours.keepAlive
  // We stopped at a fault, node perhaps at another byte: the content is the same as far as both have got.
  const cut = faulty && !ours.whole
  const length = cut ? Math.min(ours.content.length, theirs.content.length) : Number.POSITIVE_INFINITY
  const whole = cut ? theirs.whole : ours.whole
  const expected = { method, target, minor, fields, keepAlive, whole, content: ours.content.slice(0, length) }
  return [
    ours.whole ? { ...expected, trailers } : expected,
    { ...theirs, content: theirs.content.slice(0, length), trailers: passable(theirs.trailers) },
  ]
}

/** Whatever we forward, node must read as what we accepted, and as that many messages, not one more. */
export function compareForwarded(ours: OurRequests, forwarding: Forwarding, node: NodeServer): Finding | undefined {
  const sent = ours.messages.filter(message => message.forwarded !== '')
  // One connection, as if every one were answered at once. What asks for an upgrade has to wait for the answer to it:
  // node takes all that is there behind it for another protocol, or throws it away.
  let from = 0
  for (let i = 0; i < sent.length; i++) {
    if (i < sent.length - 1 && !/\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n$/.test(sent[i]!.forwarded))
      continue
    const found = compareStream(sent.slice(from, i + 1), forwarding, node)
    if (found !== undefined) return found
    from = i + 1
  }
  return undefined
}

function compareStream(sent: readonly OurRequest[], forwarding: Forwarding, node: NodeServer): Finding | undefined {
  const theirs = node.read(Buffer.from(sent.map(inNodesMethod).join(''), 'latin1'))
  for (const [i, message] of sent.entries()) {
    const read = theirs.messages[i]
    if (read === undefined) return { kind: 'forwarded: refused', ours: message.forwarded, theirs: theirs.error }
    const expected = expectedRequest(message, forwarding)
    const found = difference('forwarded', { ...expected, method: nodesName(message.method) }, read)
    if (found !== undefined) return found
  }
  const more = theirs.messages[sent.length]
  if (more !== undefined) return { kind: 'forwarded: one more', ours: 'end', theirs: show(more) }
  return theirs.error === '' ? undefined : { kind: 'forwarded: error', ours: 'end', theirs: theirs.error }
}

/** llhttp has a list of methods; exceptions.ts says why ours is open. */
const nodesName = (method: string) => (METHODS.includes(method) ? method : 'POST')
const inNodesMethod = ({ method, forwarded }: OurRequest) => nodesName(method) + forwarded.slice(method.length)
const show = (reading: RequestReading) => JSON.stringify(reading)
