// A process with sessions: says its port, then serves `/set/<key>`, `/count`, `/big/<bytes>`, `/logout`, and all else as
// JSON. With `indexBy`: `/devices/<user>`, `/revoke/<user>`. `/keep` gives the session a new id, and `/keep/hang` does not
// answer then. `/close` stops listening, `/exit` ends it with the answer.
import { createServer } from 'node:http'
import { sessions } from 'outrigger'

const options = JSON.parse(process.argv[2] ?? '{}')
const all = { secret: 'keyboard cat', cookie: { maxAge: 60_000 }, ...options }
const middlewares = [sessions(all), ...(process.argv[3] === 'twice' ? [sessions(all)] : [])]
let nth = 0

const server = createServer((req, res) => {
  const middleware = middlewares[nth++ % middlewares.length]
  middleware(req, res, async error => {
    if (error) {
      res.statusCode = error.status ?? 500
      return res.end(error.message)
    }
    const [, what, key] = req.url.split('/')
    if (what === 'set') req.session[key] = 1
    if (what === 'big') req.session.big = 'x'.repeat(Number(key))
    if (what === 'logout') await req.session.destroy()
    if (what === 'count') await req.session.update(data => void (data.count = (data.count ?? 0) + 1))
    if (what === 'login') req.session.user = key
    if (what === 'devices') return res.end(JSON.stringify(await middleware.sessionsOf(key)))
    if (what === 'revoke') return res.end(String(await middleware.revokeAll(key)))
    if (what === 'keep') await req.session.regenerate({ keep: true })
    if (key === 'hang') return console.error('hangs')
    if (what === 'exit') process.exit()
    if (what === 'close') server.close()
    res.end(JSON.stringify(req.session ?? null))
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
