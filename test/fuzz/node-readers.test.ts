// The fuzzer hands bytes to node's parser without a socket. That is only worth something if node reads the same so.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { assert } from 'chai'
import { REQUESTS, RESPONSES } from '../../fuzz/corpus.ts'
import { mutated } from '../../fuzz/mutate.ts'
import { ask, nodeResponse } from '../../fuzz/node-client.ts'
import { createNodeServer } from '../../fuzz/node-server.ts'
import { quote } from '../../fuzz/reading.ts'
import { seeded } from '../support/random.ts'

const random = seeded(7)
const inputs = (corpus: readonly string[]) => [...corpus, ...Array.from({ length: 150 }, () => mutated(corpus, random))]

describe('fuzz: node without sockets', () => {
  it('reads requests as over TCP', async () => {
    const node = createNodeServer()
    await once(node.server.listen(0, '127.0.0.1'), 'listening')
    const { port } = node.server.address() as AddressInfo
    for (const input of inputs(REQUESTS)) {
      const accepted = once(node.server, 'connection')
      const client = connect({ port, host: '127.0.0.1' })
      client.on('error', () => {})
      client.end(input, 'latin1')
      const [socket] = await accepted
      // Its end comes behind its last byte. A connection that node gave up is closed instead.
      await Promise.race([once(socket, 'end'), once(socket, 'close')]).catch(() => {})
      const real = node.readingOf(socket)
      socket.destroy()
      client.destroy()
      const { messages, error } = node.read(Buffer.from(input, 'latin1'))
      assert.deepEqual(real.messages, messages, quote(input))
      // The end of the connection is an error of its own, which the fast way does not come to.
      if (error !== '') assert.equal(real.error, error, quote(input))
    }
    node.server.close()
  })

  it('reads responses as over TCP', async () => {
    let input = ''
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(input, 'latin1'))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    for (const each of inputs(RESPONSES)) {
      input = each
      const socket = connect({ port, host: '127.0.0.1' })
      const asked = ask(socket, 'GET')
      await once(socket, 'close')
      const real = asked.reading()
      const fast = await nodeResponse(Buffer.from(input, 'latin1'), 'GET', true)
      assert.deepEqual(real.interims, fast.interims, quote(input))
      assert.deepEqual(real.final, fast.final, quote(input))
    }
    server.close()
  })
})
