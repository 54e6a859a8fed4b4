// `node app.mjs web|orders`: apps as users write them. `web` has sessions in Redis and calls `orders` through the sidecar
// beside it.
import { Agent, request } from 'node:http'
import { json } from 'node:stream/consumers'
import express from 'express'
import { drain, health, sessions } from 'outrigger'

const { PORT, REDIS_URL, SIDECAR_PORT, DELAY_MS } = process.env
const app = express()
app.use(health())

if (process.argv[2] === 'orders') {
  app.post('/orders', (_, response) => setTimeout(() => response.json({ from: PORT }), 5))
} else {
  const agent = new Agent({ keepAlive: true })
  app.use(sessions({ secret: 'a secret of this test', redis: REDIS_URL, deadline: 5_000 }))
  app.post('/login', (req, res) => {
    req.session.user = req.query.name
    req.session.written = 0
    res.json({ user: req.session.user, written: 0 })
  })
  app.post('/write', async (req, res) => {
    const { from } = await order(agent)
    req.session.written++
    res.json({ user: req.session.user, written: req.session.written, web: PORT, orders: from })
  })
  app.get('/', ({ session }, res) => res.json({ user: session.user, written: session.written }))
}

const server = app.listen(Number(PORT), '127.0.0.1', () => console.log('ready'))
drain(server, { delay: Number(DELAY_MS) })

function order(agent) {
  return new Promise((resolve, reject) => {
    const options = { port: SIDECAR_PORT, host: '127.0.0.1', headers: { host: 'orders' }, method: 'POST', agent }
    const call = request({ ...options, path: '/orders' }, answer => {
      if (answer.statusCode === 200) return json(answer).then(resolve, reject)
      answer.resume()
      reject(new Error(`orders: ${answer.statusCode} ${answer.headers['x-outrigger-reason']}`))
    })
    call.once('error', reject)
    call.end()
  })
}
