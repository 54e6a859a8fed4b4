import Koa from 'koa'
import { drain, health } from 'outrigger'
import { sessions } from 'outrigger/koa'

const { PORT = 3000, REDIS_URL = 'redis://localhost:6379', SECRET = 'only for trying it out' } = process.env

const app = new Koa()
app.keys = [SECRET]

const session = sessions({ redis: REDIS_URL, cookie: { maxAge: 60 * 60 * 1000, sameSite: 'lax' } })
app.use(health({ checks: { sessions: session.ready } }))
app.use(session)

app.use(async ctx => {
  const route = `${ctx.method} ${ctx.path}`
  if (route === 'GET /') {
    const { user = 'nobody', visits = 0 } = ctx.session
    ctx.body = `${user}, ${visits} visits, told by ${PORT}\n`
  } else if (route === 'POST /login') {
    await ctx.session.regenerate()
    ctx.session.user = ctx.query.name
    ctx.body = 'welcome\n'
  } else if (route === 'POST /visit') {
    ctx.session.visits = (ctx.session.visits ?? 0) + 1
    ctx.body = `visit ${ctx.session.visits}\n`
  } else if (route === 'POST /logout') {
    // The same as `await ctx.session.destroy()`.
    ctx.session = null
    ctx.body = 'bye\n'
  }
})

const server = app.listen(PORT, '127.0.0.1', () => console.log(`listening on http://localhost:${PORT}`))
drain(server)
