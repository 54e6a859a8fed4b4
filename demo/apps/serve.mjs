import { createServer } from 'node:http'

/** Listens, says where in the form of a sidecar's own log line, and lets requests end before it goes. */
export function serve(handler, close = () => {}) {
  const server = createServer(handler).listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
    console.log(JSON.stringify({ msg: 'ready', listeners: [`127.0.0.1:${server.address().port}`] }))
  })
  process.once('SIGTERM', () => {
    server.close(async () => {
      await close()
      process.exit()
    })
  })
}
