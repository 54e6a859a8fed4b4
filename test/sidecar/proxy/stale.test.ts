// Kept connections that the server closes, at the worst moment too: what may be repeated never fails, what may not is
// never sent twice.

import type { Socket } from 'node:net'
import { expect } from 'chai'
import { closing, field, startNet, talk } from '../../support/clients.ts'
import { openRaw, pause, readBody, readHead, statedFraming, until } from '../../support/raw.ts'
import { inFrontOf, type Running, runSidecar } from '../../support/sidecar.ts'

describe('kept connections', () => {
  const keep = closing()

  const closers: Record<string, (socket: Socket, nth: number) => boolean> = {
    'at once': (socket, nth) => {
      answer(socket)
      if (nth % 2 === 1) socket.end()
      return true
    },
    'at once, together with the answer': (socket, nth) => {
      if (nth % 2 === 1) socket.end(ANSWER)
      else answer(socket)
      return true
    },
    'after 3 ms': (socket, nth) => {
      answer(socket)
      if (nth % 2 === 1) setTimeout(() => socket.end(), 3)
      return true
    },
    'when the next request arrives, with a FIN': (socket, nth) => {
      if (nth % 3 !== 2) return answer(socket)
      socket.end()
      return false
    },
    'when the next request arrives, with a RST': (socket, nth) => {
      if (nth % 3 !== 2) return answer(socket)
      socket.resetAndDestroy()
      return false
    },
  }

  it('are not used for a POST once their server has ended another by its word: it may drain', async () => {
    const used: string[] = []
    const origin = await keep(
      startNet((socket, nth) =>
        socket.on('data', bytes => {
          const [method, path] = bytes.toString('latin1').split(' ', 2)
          used.push(`${method} on ${nth}`)
          const close = path === '/last' ? 'Connection: close\r\n' : ''
          setTimeout(() => socket.write(`HTTP/1.1 200 OK\r\n${close}Content-Length: 0\r\n\r\n`), 20)
        }),
      ),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    const ask = (method: string, path: string) =>
      talk(sidecar.address, `${method} ${path} HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n`, [method])
    await Promise.all([ask('GET', '/'), ask('GET', '/')])
    used.length = 0
    await ask('POST', '/last')
    const [first] = used
    expect(first).to.match(/^POST on [01]$/)
    await ask('POST', '/')
    expect(used[1]).to.equal('POST on 2')
    await ask('POST', '/')
    expect(used[2], 'one that came later').to.equal('POST on 2')
    await Promise.all([ask('GET', '/'), ask('GET', '/')])
    expect(used.slice(3).sort()).to.deep.equal([first === 'POST on 0' ? 'GET on 1' : 'GET on 0', 'GET on 2'])
  })

  for (const [when, serve] of Object.entries(closers)) {
    it(`that the server closes ${when} cost no GET and no PUT, and no POST is sent twice`, async () => {
      const seen = new Map<string, number>()
      const origin = await keep(counting(seen, serve))
      const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
      const failures: string[] = []
      let refused = 0
      const client = async (name: number) => {
        for (let i = 0; i < 60; i++) {
          const method = ['GET', 'PUT', 'POST'][i % 3]!
          const id = `${method}-${name}-${i}`
          const content = method === 'GET' ? '' : id
          const head = `${method} /${id} HTTP/1.1\r\nHost: web\r\nConnection: close\r\nContent-Length: ${content.length}`
          const [response] = await talk(sidecar.address, `${head}\r\n\r\n${content}`, [method])
          const lost = response!.status === 502 && field(response!, 'x-outrigger-reason') === 'upstream-reset'
          if (method === 'POST' && lost) refused++
          else if (response!.status !== 200) failures.push(`${id}: ${response!.status}`)
          if (i % 5 === 0) await pause(3)
        }
      }
      await Promise.all([1, 2, 3, 4].map(client))
      expect(failures).to.deep.equal([])
      const twice = [...seen].filter(([id, times]) => id.startsWith('POST') && times > 1)
      expect(twice).to.deep.equal([])
      expect(seen.size + refused).to.be.at.least(240)
      const [member] = sidecar.status().services[0]!.members
      expect(member!.connections.reused, 'reused').to.be.greaterThan(20)
    })
  }

  it('that close under a request with content get it again, byte for byte', async () => {
    const bodies: string[] = []
    const origin = await keep(
      counting(new Map(), (socket, nth, body) => {
        bodies.push(body)
        if (nth === 0) return answer(socket)
        socket.resetAndDestroy()
        return false
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    const client = await keep(openRaw(sidecar.address))
    await client.send('GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    await client.until(() => client.bytes.includes('fine'))
    const content = 'a\r\n0123456789\r\n5\r\nabcde\r\n0\r\nDigest: x\r\n\r\n'
    await client.send(`PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${content.slice(0, 20)}`)
    await pause(20)
    await client.send(content.slice(20))
    expect(await client.until(() => client.bytes.toString().split('fine').length === 3)).to.equal(true)
    expect(bodies.slice(1)).to.deep.equal([content, content])
    expect(sidecar.status().services[0]!.members[0]).to.include({ succeeded: 2, failed: 0, picked: 2 })
  })

  it('that close under more content than is kept make a 502', async () => {
    const origin = await keep(
      startNet(socket => {
        let first = true
        socket.on('data', () => {
          if (!first) socket.resetAndDestroy()
          else answer(socket)
          first = false
        })
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    await talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\n\r\n')
    const size = 1_000_000
    const head = `PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: ${size}\r\n\r\n`
    const [response] = await talk(sidecar.address, head + 'x'.repeat(size), ['PUT'])
    expect(response!.status).to.equal(502)
    expect(field(response!, 'x-outrigger-reason')).to.equal('upstream-reset')
  })

  for (const how of ['FIN', 'RST'] as const) {
    it(`that close have made room for another when it is needed (${how})`, async () => {
      let asked = 0
      const origin = await keep(
        counting(new Map(), socket => {
          if (++asked !== 2) return answer(socket)
          if (how === 'FIN') socket.end()
          else socket.resetAndDestroy()
          return false
        }),
      )
      const sidecar = await keep(runSidecar(inFrontOf([origin.address], { limits: { connections: 1 } })))
      await get(sidecar)
      const [response] = await get(sidecar)
      expect(response!.status).to.equal(200)
      expect(asked).to.equal(3)
    })
  }

  it('are tried twice at most', async () => {
    let asked = 0
    const origin = await keep(
      counting(new Map(), socket => {
        if (++asked === 1) return answer(socket)
        socket.end()
        return false
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address], { retries: { on: ['stale'] } })))
    await get(sidecar)
    const [response] = await get(sidecar)
    expect(response!.status).to.equal(502)
    expect(asked).to.equal(3)
  })

  it('are taken last in, first out', async () => {
    const used: number[] = []
    const waiting: (() => void)[] = []
    const origin = await keep(
      startNet((socket, nth) => {
        socket.on('data', () => {
          used.push(nth)
          waiting.push(() => answer(socket))
        })
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address])))
    const three = [get(sidecar), get(sidecar), get(sidecar)]
    await until(() => waiting.length === 3)
    for (const answer of waiting.splice(0)) {
      answer()
      await pause(10)
    }
    await Promise.all(three)
    const last = used.at(-1)
    used.length = 0
    for (let i = 0; i < 5; i++) {
      const one = get(sidecar)
      await until(() => waiting.length === 1)
      waiting.pop()!()
      await one
    }
    expect(used).to.deep.equal(Array(5).fill(last))
    expect(sidecar.status().services[0]!.members[0]!.connections).to.include({ open: 3, idle: 3, opened: 3, reused: 5 })
  })

  it('leave the pool when the server closes them', async () => {
    const { origin, sidecar } = await idle('')
    for (const socket of origin.sockets) socket.end()
    expect(await until(() => connections(sidecar).open === 0)).to.equal(true)
    expect(connections(sidecar)).to.include({ open: 0, idle: 0 })
  })

  it('leave the pool when the server speaks out of turn', async () => {
    const { origin, sidecar } = await idle('')
    for (const socket of origin.sockets) socket.write(ANSWER)
    expect(await until(() => connections(sidecar).open === 0)).to.equal(true)
  })

  it('are closed when they have been idle for long enough', async () => {
    const { sidecar } = await idle('', '200ms')
    await pause(100)
    expect(connections(sidecar).idle).to.equal(1)
    expect(await until(() => connections(sidecar).open === 0)).to.equal(true)
  })

  it('are closed a second before the server would', async () => {
    const { sidecar } = await idle('Keep-Alive: timeout=2, max=100\r\n', '200ms')
    await pause(700)
    expect(connections(sidecar).idle).to.equal(1)
    expect(await until(() => connections(sidecar).open === 0, 1300)).to.equal(true)
  })

  it('are not kept for a second that the server may end', async () => {
    const { sidecar } = await idle('Keep-Alive: timeout=1\r\n')
    expect(connections(sidecar)).to.include({ open: 0, idle: 0, opened: 1 })
  })

  async function idle(fields: string, keepAlive = '3s') {
    const origin = await keep(
      startNet(socket => {
        socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 4\r\n\r\nfine`))
        socket.on('end', () => socket.end())
      }),
    )
    const sidecar = await keep(runSidecar(inFrontOf([origin.address], { timeouts: { keepAlive } })))
    await get(sidecar)
    return { origin, sidecar }
  }
})

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine'

function answer(socket: Socket): true {
  socket.write(ANSWER)
  return true
}

const connections = (sidecar: Running) => sidecar.status().services[0]!.members[0]!.connections

const get = (sidecar: Running) => talk(sidecar.address, 'GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n')

/** Counts whole requests by target; `serve` gets the number of the request on its connection and says whether to go on. */
function counting(seen: Map<string, number>, serve: (socket: Socket, nth: number, body: string) => boolean) {
  return startNet(socket => {
    let bytes = Buffer.alloc(0)
    let nth = 0
    let open = true
    socket.on('end', () => socket.end())
    socket.on('data', chunk => {
      bytes = Buffer.concat([bytes, chunk])
      while (open) {
        const head = readHead(bytes)
        if (head.kind !== 'head') return
        const framing = statedFraming(head.fields)
        if (framing.kind === 'fault') throw new Error(framing.why)
        const body = readBody(framing, bytes.subarray(head.length), false)
        if (!body.complete) return
        const id = head.start.split(' ')[1]!.slice(1)
        seen.set(id, (seen.get(id) ?? 0) + 1)
        const content = bytes.toString('latin1', head.length, head.length + body.used)
        bytes = bytes.subarray(head.length + body.used)
        open = serve(socket, nth++, content)
      }
    })
  })
}
