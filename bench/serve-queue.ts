// A member of one thread, without using up a processor: each request takes as long as it asks for, one after the other.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { load } from '../middleware/process/load.ts'

const report = load()
let last = Promise.resolve()

const server = createServer((request, response) =>
  report(request, response, () => {
    const ms = Number(new URL(request.url!, 'http://queue').searchParams.get('ms'))
    last = last.then(async () => {
      await sleep(ms)
      response.end()
    })
  }),
)
server.listen(0, '127.0.0.1', () => process.send!((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
