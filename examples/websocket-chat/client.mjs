// `node client.mjs URL`: says what it reads, and comes again when the connection ends. Behind a balancer it has to.
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

const [url] = process.argv.slice(2)
let socket

function open(wait = 100) {
  socket = new WebSocket(url)
  socket.on('open', () => (wait = 100))
  socket.on('message', text => console.log(String(text)))
  socket.on('error', () => {})
  // Longer each time, and not in step with all the others that have lost the same instance.
  socket.on('close', () => setTimeout(open, wait * (0.5 + Math.random()), Math.min(wait * 2, 10_000)))
}

open()
createInterface({ input: process.stdin })
  .on('line', line => socket.send(line))
  .on('close', () => process.exit())
