// `node leaving-app.mjs JSON`: an app as users write it, that leaves when it is told to. Tells its port by ipc, or by
// its standard output where there is none.
import cluster from 'node:cluster'
import { createServer as createH2 } from 'node:http2'
import { drain } from '../../dist/middleware/process/drain.js'
import { health } from '../../dist/middleware/process/health.js'

const { kind = 'express', workers = 0, redis, rejects = false, options = {} } = JSON.parse(process.argv[2])

if (workers > 0 && cluster.isPrimary) {
  for (let i = 0; i < workers; i++) cluster.fork().on('message', message => process.send?.({ ...message, worker: i }))
  for (const worker of Object.values(cluster.workers)) worker.on('exit', code => process.send?.({ left: code }))
  process.on('message', message => message === 'leave' && cluster.disconnect())
} else {
  const server = await { express, koa, h2, streams }[kind]()
  drain(server, rejects ? { ...options, close: () => Promise.reject() } : options)
  process.once('message', message => message === 'close' && server.close())
  const tell = () => process.send({ port: server.address().port })
  if (server.listening) tell()
  else server.once('listening', tell)
}

async function express() {
  const { default: express } = await import('express')
  const app = express()
  const ready = health({ checks: redis ? { redis: () => true } : {} })
  app.use(ready)
  // Brings ioredis: only where it is needed.
  if (redis)
    app.use((await import('../../dist/middleware/index.js')).sessions({ secret: 'a secret of this test', redis }))
  app.get('/slow', (_, res) => setTimeout(() => res.send('done'), 500))
  app.get('/never', (_, res) => void res.write('begun'))
  app.get('/', (req, res) => {
    if (req.session) req.session.seen = true
    res.send('ok')
  })
  const server = app.listen(0, '127.0.0.1')
  const { WebSocketServer } = await import('ws')
  new WebSocketServer({ server }).on('connection', socket => socket.on('message', text => socket.send(String(text))))
  return server
}

async function koa() {
  const { default: Koa } = await import('koa')
  const app = new Koa()
  app.use(health())
  app.use(async ctx => {
    if (ctx.path === '/slow') await new Promise(resolve => setTimeout(resolve, 500))
    ctx.body = 'done'
  })
  return app.listen(0, '127.0.0.1')
}

async function streams() {
  const server = createH2()
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200 })
    setTimeout(() => stream.end('done'), headers[':path'] === '/slow' ? 500 : 0)
  })
  return server.listen(0, '127.0.0.1')
}

async function h2() {
  const server = createH2((req, res) => setTimeout(() => res.end('done'), req.url === '/slow' ? 500 : 0))
  return server.listen(0, '127.0.0.1')
}
