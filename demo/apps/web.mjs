// `node web.mjs NAME`: what the browser talks to. It knows `orders` by name only; where that is, its sidecar knows.
import express from 'express'
import { ProxyAgent, request, setGlobalDispatcher } from 'undici'
import { page } from './page.mjs'
import { serve } from './serve.mjs'

// All that an app has to do: from here on `http://orders/` goes through the sidecar that HTTP_PROXY names.
setGlobalDispatcher(new ProxyAgent(process.env.HTTP_PROXY))

const instance = process.argv[2]
const app = express().disable('x-powered-by').disable('etag')

app.get('/', async ({ query }, response) => {
  const begun = performance.now()
  const customer = String(query.customer ?? 'guest')
  const found = await orders(`/customers/${encodeURIComponent(customer)}`)
  response.send(page({ ...found, web: instance, ms: performance.now() - begun }))
})

app.post('/orders', express.json(), async ({ body }, response) => {
  // Says to the sidecar: this may be sent again, `orders` knows it by its id.
  const key = body?.id === undefined ? {} : { 'idempotency-key': encodeURIComponent(body.id) }
  const headers = { 'content-type': 'application/json', ...key }
  const placed = await orders('/orders', { method: 'POST', headers, body: JSON.stringify(body) })
  response.status(201).json({ ...placed, web: instance })
})

app.get('/healthz', (_, response) => response.json({ instance }))

app.use((error, _, response, next) => {
  if (response.headersSent) return next(error)
  const why = error.cause?.code ?? error.message
  response.status(error.status ?? 502).json({ error: why, web: instance })
})

serve(app)

async function orders(path, options = {}) {
  const { statusCode, headers, body } = await request(`http://orders${path}`, { ...options, headersTimeout: 5_000 })
  if (statusCode < 300) return body.json()
  await body.dump()
  throw new Error(`orders answered ${statusCode} ${headers['x-outrigger-reason'] ?? ''}`)
}
