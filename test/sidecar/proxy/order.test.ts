// No response ever reaches another request than its own: pipelines on kept connections, against an origin that frames
// and breaks its answers at random, with clients that leave.

import { connect, type Socket } from 'node:net'
import { expect } from 'chai'
import { closing, field, hostAndPort } from '../../support/clients.ts'
import { seeded } from '../../support/random.ts'
import { pause, type RawResponse, readResponses } from '../../support/raw.ts'
import { comesToRest, inFrontOf, runSidecar } from '../../support/sidecar.ts'
import { pattern, type Scrambler, startScrambler } from './scramble.ts'

const CLIENTS = 64
const METHODS = ['GET', 'GET', 'GET', 'HEAD', 'PUT', 'POST']

describe('pipelines', () => {
  const keep = closing()

  for (const [each, fastReads] of [
    [50, true],
    [16, false],
  ] as const) {
    const count = CLIENTS * each
    it(`give each of ${count} requests its own answer${fastReads ? '' : ', with slow reads'}`, async () => {
      const seed = Math.floor(Math.random() * 2 ** 32)
      const random = seeded(seed)
      const origins = await Promise.all([1, 2, 3].map(() => keep(startScrambler(random))))
      const addresses = origins.map(origin => origin.address)
      const sidecar = await keep(runSidecar(inFrontOf(addresses, {}, {}), { fastReads }))
      const tally = { whole: 0, refused: 0, cut: 0, left: 0 }
      const harmed = { has: (id: string) => origins.some(origin => origin.harmed.has(id)) }
      try {
        const clients = Array.from({ length: CLIENTS }, (_, i) => new Client(`c${i}`, { random, tally, harmed, each }))
        await Promise.all(clients.map(client => client.run(sidecar.address)))
        await comesToRest(sidecar)
        expect(origins.flatMap(origin => origin.mixed)).to.deep.equal([])
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message} ${JSON.stringify(tally)}`)
      }
      expect(tally.whole, JSON.stringify({ seed, tally })).to.be.greaterThan(count * 0.7)
      for (const kind of ['refused', 'cut', 'left'] as const) expect(tally[kind], kind).to.be.greaterThan(0)
    })
  }
})

interface Shared {
  readonly random: () => number
  /** Requests of each client. */
  readonly each: number
  readonly tally: { whole: number; refused: number; cut: number; left: number }
  readonly harmed: Pick<Scrambler['harmed'], 'has'>
}

class Client {
  readonly #name: string
  readonly #shared: Shared
  #next = 0

  constructor(name: string, shared: Shared) {
    this.#name = name
    this.#shared = shared
  }

  /** One connection after the other, until every request has been sent once. */
  async run(address: string): Promise<void> {
    while (this.#next < this.#shared.each) await this.#visit(address)
  }

  async #visit(address: string): Promise<void> {
    const { random, tally, each } = this.#shared
    const socket = connect({ ...hostAndPort(address), noDelay: true })
    let ended = false
    let buffered: Buffer[] = []
    let wake = () => {}
    const end = () => {
      ended = true
      wake()
    }
    socket.on('data', chunk => {
      buffered.push(chunk)
      wake()
    })
    socket.on('error', end).on('end', end).on('close', end)
    try {
      while (!ended && this.#next < each) {
        const batch = this.#batch()
        socket.write(batch.map(({ bytes }) => bytes).join(''), 'latin1')
        if (random() < 0.02) {
          await pause(random() * 20)
          tally.left += batch.length
          return
        }
        const methods = batch.map(({ method }) => method)
        for (let checked = 0; checked < batch.length; ) {
          const { responses, rest, fault } = readResponses(Buffer.concat(buffered), methods, ended)
          if (fault !== undefined) throw new Error(`${this.#name}: ${fault}`)
          const whole = responses.filter(response => response.complete)
          for (const response of whole.slice(checked)) this.#check(batch[checked++]!, response)
          if (responses.length > batch.length || (checked === batch.length && rest.length > 0)) {
            throw new Error(`${this.#name} got more than it asked for`)
          }
          if (ended) return this.#broken(batch.slice(checked), responses.at(-1))
          if (checked < batch.length) await new Promise<void>(resolve => (wake = resolve))
        }
        buffered = []
      }
    } finally {
      await gone(socket)
    }
  }

  #batch(): { id: string; method: string; bytes: string }[] {
    const { random, each } = this.#shared
    const count = Math.min(each - this.#next, 1 + Math.floor(random() ** 2 * 8))
    return Array.from({ length: count }, () => {
      const id = `${this.#name}-${this.#next++}`
      const method = METHODS[Math.floor(random() * METHODS.length)]!
      const head = `${method} /${id} HTTP/1.1\r\nHost: web\r\n`
      if (method === 'GET' || method === 'HEAD') return { id, method, bytes: `${head}\r\n` }
      // What is over 64 KiB is not kept for a repetition, and a PUT of it may be refused when its connection is stale.
      const content = pattern(id, Math.floor(random() ** 4 * 64_000)).toString()
      return { id, method, bytes: `${head}Content-Length: ${content.length}\r\n\r\n${content}` }
    })
  }

  #check({ id, method }: { id: string; method: string }, response: RawResponse): void {
    const { tally, harmed } = this.#shared
    if (response.status === 502 && field(response, 'x-outrigger-reason') === 'upstream-reset') {
      // A POST that met a connection being closed is refused too, and is nobody's on purpose.
      if (method !== 'POST' && !harmed.has(id)) throw new Error(`${method} ${id} was refused without need`)
      tally.refused++
      return
    }
    if (response.status !== 200)
      throw new Error(`${id} got ${response.status} ${field(response, 'x-outrigger-reason')}`)
    if (field(response, 'x-id') !== id) throw new Error(`${id} got the head of ${field(response, 'x-id')}`)
    const size = method === 'HEAD' ? 0 : Number(field(response, 'x-size'))
    if (!response.body.equals(pattern(id, size)))
      throw new Error(`${id} got other content: ${whatIsWrong(response, id)}`)
    tally.whole++
  }

  /** The first unanswered request may have been cut by its origin; those behind it were never answered. */
  #broken(batch: readonly { id: string }[], last: RawResponse | undefined): void {
    const { tally, harmed } = this.#shared
    const [first] = batch
    if (first === undefined) return
    tally.cut += batch.length
    if (last === undefined || last.complete) return
    if (!harmed.has(first.id)) throw new Error(`${first.id} was cut though its origin sent all`)
    const size = Number(field(last, 'x-size'))
    if (!pattern(first.id, size).subarray(0, last.body.length).equals(last.body))
      throw new Error(`${first.id}: cut wrongly`)
  }
}

function whatIsWrong(response: RawResponse, id: string): string {
  const at = response.body.findIndex((byte, i) => byte !== pattern(id, response.body.length)[i])
  return `${response.body.length} bytes, at ${at} ${response.body.toString('latin1', Math.max(0, at), at + 40)}`
}

async function gone(socket: Socket): Promise<void> {
  if (socket.closed) return
  const closed = new Promise(resolve => socket.once('close', resolve))
  socket.destroy()
  await closed
}
