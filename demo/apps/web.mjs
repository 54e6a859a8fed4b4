// `node web.mjs NAME`: what the browser talks to. It knows `orders` by name only; where that is, its sidecar knows. Who is
// signed in and what is in the cart is in the session, which any `web` finds: there is nothing of it in this process.
import express from 'express'
import { sessions } from 'outrigger'
import { ProxyAgent, request, setGlobalDispatcher } from 'undici'
import { kill } from './kill.mjs'
import { GOODS, page } from './page.mjs'
import { serve } from './serve.mjs'

// All that an app has to do: from here on `http://orders/` goes through the sidecar that HTTP_PROXY names.
setGlobalDispatcher(new ProxyAgent(process.env.HTTP_PROXY))

const instance = process.argv[2]
const { SECRET: secret, SESSIONS: where, KEPT_IN: keptIn } = process.env
const app = express().disable('x-powered-by').disable('etag')

// Before the sessions: a check is no visitor.
app.get('/healthz', (_, response) => response.json({ instance }))

const visitors = sessions({
  secret,
  ...(/^rediss?:/.test(where) ? { redis: where, prefix: 'outrigger-demo:' } : { path: where }),
  cookie: { maxAge: 60 * 60 * 1000, sameSite: 'lax' },
})
app.use(visitors, express.urlencoded(), express.json())

app.get('/', async ({ query, session }, response) => {
  const begun = performance.now()
  const { user, cart = {} } = session
  const customer = String(query.customer ?? user ?? 'guest')
  const found = await orders(`/customers/${encodeURIComponent(customer)}`)
  const ms = performance.now() - begun
  // Another one may answer when it is asked for again.
  response.set('cache-control', 'no-store')
  response.send(page({ ...found, user, cart, web: instance, pid: process.pid, ms, about: query, keptIn }))
})

app.post('/login', async (request, response) => {
  const name = String(request.body?.name ?? '').trim()
  if (name === '' || name.length > 40) return refuse(response, 'a name has 1 to 40 characters')
  // A new id for whoever has signed in, and what they had put into the cart before.
  await request.session.regenerate({ keep: true })
  request.session.user = name
  // Wherever the browser asks next: by then the session is there.
  response.redirect(303, '/')
})

app.post('/logout', async ({ session }, response) => {
  await session.destroy()
  response.redirect(303, '/')
})

// Says how many there shall be, not how many more: twice is once. POST is for forms, which know no PUT.
app.put('/cart/:item', async (request, response) => {
  if (await putIntoCart(request, response)) response.json({ cart: request.session.cart, web: instance })
})
app.post('/cart/:item', async (request, response) => {
  if (await putIntoCart(request, response)) response.redirect(303, '/')
})

app.post('/orders', async ({ body }, response) => {
  // Says to the sidecar: this may be sent again, `orders` knows it by its id.
  const key = body?.id === undefined ? {} : { 'idempotency-key': encodeURIComponent(body.id) }
  const headers = { 'content-type': 'application/json', ...key }
  const placed = await orders('/orders', { method: 'POST', headers, body: JSON.stringify(body) })
  response.status(201).json({ ...placed, web: instance })
})

app.post('/kill', async ({ body }, response) => {
  const { name, pid } = body ?? {}
  const killed = await kill(Number(pid))
  response.redirect(303, `/?${killed ? 'killed' : 'spared'}=${encodeURIComponent(String(name))}`)
})

app.use((error, _, response, next) => {
  if (response.headersSent) return next(error)
  const why = error.cause?.code ?? error.message
  response.status(error.status ?? 502).json({ error: why, web: instance })
})

await visitors.ready()
serve(app, () => visitors.close())

async function putIntoCart({ params, body, session }, response) {
  const quantity = Number(body?.quantity)
  if (!GOODS.includes(params.item)) return refuse(response, `there is ${GOODS.join(', ')}`)
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > 99) return refuse(response, 'a quantity is 0 to 99')
  // Two tabs may do that at once, at two instances: each change is made to the newest cart.
  await session.update(stored => {
    stored.cart = { ...stored.cart, [params.item]: quantity }
  })
  return true
}

function refuse(response, error) {
  response.status(400).json({ error, web: instance })
}

async function orders(path, options = {}) {
  const { statusCode, headers, body } = await request(`http://orders${path}`, { ...options, headersTimeout: 5_000 })
  if (statusCode < 300) return body.json()
  await body.dump()
  throw new Error(`orders answered ${statusCode} ${headers['x-outrigger-reason'] ?? ''}`)
}
