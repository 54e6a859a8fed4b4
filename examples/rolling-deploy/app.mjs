import express from 'express'
import { drain, health, sessions } from 'outrigger'

const { PORT = 3000, REDIS_URL, SECRET = 'only for trying it out', DELAY_MS = 3000 } = process.env

// Redis, where there is one; else files that the processes of one host share. Not the memory of this process.
const store = REDIS_URL === undefined ? { path: '.outrigger/sessions' } : { redis: REDIS_URL }
const session = sessions({ secret: SECRET, ...store })

const app = express()
app.use(health({ checks: { sessions: session.ready } }))
app.use(session)

app.post('/count', (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1
  res.send(`${req.session.count}\n`)
})

const server = app.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
// For DELAY_MS after SIGTERM it still serves, while /readyz says that it is leaving: so long the balancer may take to see it.
drain(server, { delay: Number(DELAY_MS) })
