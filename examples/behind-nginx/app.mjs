import express from 'express'
import { drain, health, sessions } from 'outrigger'

const { PORT = 3000, REDIS_URL = 'redis://localhost:6379', SECRET = 'only for trying it out' } = process.env

const app = express()
// The nearest proxy, and no other, says who the client is and whether it came by TLS.
app.set('trust proxy', 1)
app.use(health())
// `secure: 'auto'`: Secure when the client came by TLS, which ends at nginx.
app.use(sessions({ secret: SECRET, redis: REDIS_URL, cookie: { secure: 'auto', sameSite: 'lax' } }))

app.get('/', (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1
  res.send(`visit ${req.session.visits} of ${req.ip} by ${req.protocol}, told by ${PORT}\n`)
})

const server = app.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
// nginx keeps connections for 60 s; who closes first should not be the app (the default of Node is 5 s).
server.keepAliveTimeout = 75_000
drain(server, { delay: 1000 })
