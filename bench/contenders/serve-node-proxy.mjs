// `node serve-node-proxy.mjs http-proxy|httpxy PORT ENDPOINT,ENDPOINT`. JavaScript, because a TypeScript loader in the
// process would count in its memory.
import { Agent, createServer } from 'node:http'

const [name, port, endpoints] = process.argv.slice(2)
const targets = endpoints.split(',').map(each => `http://127.0.0.1:${each}`)
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 256 })
const library = await import(name)
const { createProxyServer } = library.default ?? library
const proxy = createProxyServer({ agent, xfwd: true })

let next = 0

createServer((request, response) => {
  const target = targets[next++ % targets.length]
  const fail = () => (response.headersSent ? response.destroy() : response.writeHead(502).end())
  if (name === 'http-proxy') proxy.web(request, response, { target }, fail)
  else proxy.web(request, response, { target }).catch(fail)
}).listen(Number(port), '127.0.0.1', 1024)
