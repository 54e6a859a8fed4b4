import { createServer } from 'node:http'
import { Redis } from 'ioredis'
import { drain, health } from 'outrigger'
import { WebSocketServer } from 'ws'

const { PORT = 3000, REDIS_URL = 'redis://localhost:6379' } = process.env

const ready = health()
const server = createServer((req, res) => ready(req, res, () => res.writeHead(404).end()))
const sockets = new WebSocketServer({ server, maxPayload: 4096 })

// Who is in which room, at this instance.
const rooms = new Map()

// What is said goes to Redis, and from there to all instances, this one too: so all hear it, in one order.
const publisher = new Redis(REDIS_URL)
const subscriber = new Redis(REDIS_URL)
await subscriber.psubscribe('room:*')
subscriber.on('pmessage', (_, channel, text) => {
  for (const socket of rooms.get(channel.slice('room:'.length)) ?? []) socket.send(text)
})

sockets.on('connection', (socket, request) => {
  const { searchParams } = new URL(request.url, 'http://localhost')
  const room = searchParams.get('room') ?? 'lobby'
  const name = searchParams.get('name') ?? 'guest'
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members.add(socket))
  socket.on('error', () => {})
  socket.on('message', text => publisher.publish(`room:${room}`, `${name}: ${text}`))
  socket.on('close', () => {
    members.delete(socket)
    if (members.size === 0) rooms.delete(room)
  })
  socket.send(`you are in ${room}, by ${PORT}`)
})

server.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
// Tells clients 1001, "going away", so that they come again, to another instance.
drain(server, { close: () => [publisher, subscriber].map(redis => redis.disconnect()) })
