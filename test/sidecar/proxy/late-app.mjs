// An app that uses load(). With LATE, its event loop is late by that many milliseconds, again and again.
import { createServer } from 'node:http'
import { load } from '../../../dist/middleware/index.js'

const late = Number(process.env.LATE ?? 0)
const report = load({ shed: { delay: 20, most: 0.95, retryAfter: Number(process.env.RETRY_AFTER ?? 0) } })
const server = createServer((request, response) => report(request, response, () => response.end(String(process.pid))))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))
process.on('message', () => process.send({ shed: report.shed, late: report.late }))
process.on('disconnect', () => process.exit())
if (late > 0)
  setInterval(() => {
    const until = performance.now() + late
    while (performance.now() < until);
  }, 5)
