import express from 'express'
import { drain, health, sessions } from 'outrigger'

const { PORT = 3000, REDIS_URL = 'redis://localhost:6379', SECRET = 'only for trying it out' } = process.env

const session = sessions({
  secret: SECRET,
  redis: REDIS_URL,
  cookie: { maxAge: 60 * 60 * 1000, sameSite: 'lax' },
})

const app = express()
app.use(health({ checks: { sessions: session.ready } }))
app.use(session)

app.get('/', (req, res) => {
  const { user = 'nobody', visits = 0 } = req.session
  res.send(`${user}, ${visits} visits, told by ${PORT}\n`)
})

app.post('/login/:name', async (req, res) => {
  // A new id for whoever signs in: one that was known before cannot be used by somebody else.
  await req.session.regenerate()
  req.session.user = req.params.name
  res.send('welcome\n')
})

app.post('/visit', async (req, res) => {
  // Two tabs may do this at once, at two instances: each change is made to the newest session.
  const visits = await req.session.update(session => {
    session.visits = (session.visits ?? 0) + 1
    return session.visits
  })
  res.send(`visit ${visits}\n`)
})

app.post('/logout', async (req, res) => {
  await req.session.destroy()
  res.send('bye\n')
})

const server = app.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
drain(server)
