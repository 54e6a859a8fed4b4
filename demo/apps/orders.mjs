// `node orders.mjs NAME`: the service that `web` calls. DELAY_MS is what one answer takes on average. An order is known by
// its id: the same one twice is one order.
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { serve } from './serve.mjs'

const instance = process.argv[2]
const delay = Number(process.env.DELAY_MS ?? 10)
let broken = false

// By the channel to the demo, where nobody else can say it.
process.on('message', message => {
  broken = message.broken
})

serve(async (request, response) => {
  if (broken) return setTimeout(send, 1, response, 503, { error: 'broken by the demo', instance })
  if (request.url === '/healthz') return send(response, 200, { instance })
  try {
    const answer = await answerTo(request)
    await sleep(delay * (0.5 + Math.random()))
    send(response, answer.status, { ...answer.body, instance })
  } catch (error) {
    send(response, 400, { error: error.message, instance })
  }
})

async function answerTo(request) {
  const { pathname } = new URL(request.url, 'http://orders')
  const [collection, customer] = pathname.slice(1).split('/').map(decodeURIComponent)
  if (request.method === 'GET' && collection === 'customers' && customer) {
    return { status: 200, body: { customer, orders: ordersOf(customer) } }
  }
  if (request.method === 'POST' && collection === 'orders') return { status: 201, body: await json(request) }
  return { status: 404, body: { error: 'there are GET /customers/NAME and POST /orders' } }
}

function ordersOf(customer) {
  const goods = ['paddle', 'sail', 'rope', 'anchor', 'bucket', 'lamp']
  const first = [...customer].reduce((sum, letter) => sum + letter.charCodeAt(0), 0)
  return [0, 1, 2].map(i => ({ item: goods[(first + i) % goods.length], quantity: 1 + ((first + i) % 4) }))
}

function send(response, status, body) {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    .end(text)
}
