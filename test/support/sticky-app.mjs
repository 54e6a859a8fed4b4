// `node sticky-app.mjs JSON`: an instance of an app that keeps state in its memory, for the tests of sticky().
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { drain } from '../../dist/middleware/process/drain.js'
import { sticky } from '../../dist/middleware/sticky/sticky.js'

const { kind = 'express', port, options, parsesFirst = false, continues = false, drains } = JSON.parse(process.argv[2])
const name = options.instance.name ?? options.instance.address
const visits = new Map()
const seen = { aborted: 0, bytes: 0 }

/** `node:http`'s own request and answer: what is tested is below the frameworks. */
async function serve(req, res, ip, body) {
  const url = new URL(req.url, 'http://x')
  const who = url.searchParams.get('who') ?? ''
  const tell = value => res.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
  switch (url.pathname) {
    case '/count': {
      visits.set(who, (visits.get(who) ?? 0) + 1)
      return tell({ name, pid: process.pid, count: visits.get(who) })
    }
    case '/seen':
      return tell({ ip, socket: req.socket.remoteAddress, headers: req.headers, ...seen })
    case '/hash': {
      if (continues) res.writeContinue()
      const hash = createHash('sha1')
      for await (const chunk of body) hash.update(chunk)
      if (url.searchParams.get('hangs') === name) return void process.send({ hangs: name })
      res.setHeader('X-Instance', name)
      return res.end(hash.digest('hex'))
    }
    case '/echo':
      res.writeHead(200, { Trailer: 'X-End', 'X-Instance': name, 'Set-Cookie': ['a=1', 'b=2'] })
      for await (const chunk of body) if (!res.write(chunk)) await new Promise(resolve => res.once('drain', resolve))
      res.addTrailers({ 'X-End': 'whole' })
      return res.end()
    case '/pour': {
      // As fast as it is taken, for ever; tells how much that was.
      const closed = new Promise(resolve => res.on('close', resolve))
      closed.then(() => seen.aborted++)
      const chunk = Buffer.alloc(64 * 1024, 'x')
      while (!res.destroyed) {
        seen.bytes += chunk.length
        if (!res.write(chunk)) await Promise.race([new Promise(resolve => res.once('drain', resolve)), closed])
      }
      return
    }
    case '/unread':
      return void process.send({ unread: name })
    case '/half':
      res.write('half of it')
      return void process.send({ half: name })
    case '/refuse':
      res.writeHead(413, { 'X-Instance': name }).end('no')
      return
    default:
      return tell({ name })
  }
}

const server = createServer()
const pin = sticky(options)
if (kind === 'express') {
  const { default: express } = await import('express')
  const app = express().set('trust proxy', 1)
  if (parsesFirst) app.use(express.text())
  app.use(pin)
  app.use((error, _, res, next) =>
    res.headersSent ? next(error) : res.status(error.status).json({ code: error.code, message: error.message }),
  )
  app.use((req, res, next) => void serve(req, res, req.ip, req).catch(next))
  server.on('request', app)
} else {
  const { default: Koa } = await import('koa')
  const app = new Koa({ proxy: true })
  app.use(pin)
  app.use(ctx => {
    ctx.respond = false
    ctx.res.statusCode = 200
    return serve(ctx.req, ctx.res, ctx.ip, ctx.req)
  })
  server.on('request', app.callback())
}
if (continues)
  server.on('checkContinue', (req, res) => {
    // The handler's to say.
    server.emit('request', req, res)
  })
const { WebSocketServer } = await import('ws')
new WebSocketServer({ server }).on('connection', (socket, req) => {
  socket.send(JSON.stringify({ name, ip: req.socket.remoteAddress }))
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
pin.attach(server)
if (drains) drain(server, drains)
process.on('message', message => {
  if (message === 'seen') process.send({ seen, counts: { ...pin.counts } })
})
server.listen(
  port,
  '127.0.0.1',
  () => void (options.redis ? pin.ready() : Promise.resolve()).then(() => process.send({ ready: name })),
)
