import { randomUUID } from 'node:crypto'
import express from 'express'
import { drain, health } from 'outrigger'

const { PORT = 3000 } = process.env

// State of the process, as many apps have it: no other instance knows these carts, and they end with this one.
const carts = new Map()

const app = express()
app.use(health())

app.post('/cart', (_, res) => {
  const id = randomUUID()
  carts.set(id, [])
  res.cookie('cart', id, { httpOnly: true, sameSite: 'lax' }).send('an empty cart\n')
})

app.post('/cart/:item', (req, res) => {
  const cart = carts.get(/(?:^|; )cart=([^;]+)/.exec(req.get('cookie'))?.[1])
  if (cart === undefined) return res.status(404).send('no such cart here\n')
  cart.push(req.params.item)
  res.send(`${cart.join(', ')}\n`)
})

const server = app.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
drain(server)
