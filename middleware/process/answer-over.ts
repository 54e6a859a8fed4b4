// When nothing comes of an answer any more: it has left, or its client has.
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

type Over = (this: ServerResponse) => void

/** Answers that wait behind others of their connection: node:http tells them nothing when it goes. */
const queued = new WeakMap<Socket, Map<ServerResponse, Over[]>>()

/** Whether it is over already: who listens from then on hears nothing. */
export function isOver(res: ServerResponse): boolean {
  return res.closed || res.destroyed || (res.socket === null && res.req.socket?.destroyed === true)
}

/** `over` is called once, in this turn when it is over already. Without a closure for an answer that is next. */
export function whenOver(res: ServerResponse, over: Over): void {
  if (isOver(res)) return over.call(res)
  if (res.socket !== null || res.req.httpVersionMajor !== 1) return void res.once('close', over)
  const { socket } = res.req
  let behind = queued.get(socket)
  if (behind === undefined) {
    const all = (behind = new Map<ServerResponse, Over[]>())
    queued.set(socket, all)
    socket.once('close', () => {
      for (const [each, overs] of all) for (const tell of overs) tell.call(each)
      all.clear()
    })
  }
  const known = behind.get(res)
  if (known !== undefined) return void known.push(over)
  behind.set(res, [over])
  const mine = behind
  res.once('close', () => {
    const overs = mine.get(res) ?? []
    mine.delete(res)
    for (const tell of overs) tell.call(res)
  })
}
