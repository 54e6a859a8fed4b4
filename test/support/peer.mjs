// `node peer.mjs COUNT`: apps in a process of their own, one per port; it tells the ports, and is told over IPC how each
// behaves: { at, mode, share, delay, port }.
import { createServer } from 'node:http'

const behaviours = []
const asked = []

function listen(at, port) {
  behaviours[at] = { mode: 'good', share: 1, delay: 5 }
  asked[at] = 0
  const server = createServer((request, response) => {
    const { mode, share, delay } = behaviours[at]
    request.resume()
    if (request.url === '/health') return void response.writeHead(mode === 'good' ? 200 : 503).end()
    asked[at]++
    if (mode === 'bad' && Math.random() < share) return void setTimeout(() => response.writeHead(503).end('bad'), 1)
    setTimeout(() => response.end('fine'), delay)
  })
  return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve(server.address().port)))
}

const ports = JSON.parse(process.argv[2])
const bound = await Promise.all(ports.map((port, at) => listen(at, port)))
process.send({ ports: bound })
process.on('message', message => {
  if (message.asked) return process.send({ asked })
  const { at, ...behaviour } = message
  for (const i of at === undefined ? asked.keys() : [at]) Object.assign(behaviours[i], behaviour)
})
process.on('disconnect', () => process.exit())
