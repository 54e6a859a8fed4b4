import 'reflect-metadata'
import { Controller, Get, Module, Param, Post, Session as SessionOf } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { drain, health, type Session, sessions } from 'outrigger'

const { PORT = '3000', REDIS_URL = 'redis://localhost:6379', SECRET = 'only for trying it out' } = process.env

declare module 'outrigger' {
  interface SessionData {
    user: string
    visits: number
  }
}

@Controller()
class Visits {
  @Get()
  show(@SessionOf() { user = 'nobody', visits = 0 }: Express.Request['session']): string {
    return `${user}, ${visits} visits, told by ${PORT}\n`
  }

  @Post('login/:name')
  async login(@SessionOf() session: Session, @Param('name') user: string): Promise<string> {
    await session.regenerate()
    // The one that came in has ended; the request has the new one.
    session.req.session.user = user
    return 'welcome\n'
  }

  @Post('visit')
  visit(@SessionOf() session: Express.Request['session']): string {
    session.visits = (session.visits ?? 0) + 1
    return `visit ${session.visits}\n`
  }
}

@Module({ controllers: [Visits] })
class App {}

const app = await NestFactory.create(App, { logger: ['error', 'warn'] })
const session = sessions({ secret: SECRET, redis: REDIS_URL, cookie: { maxAge: 60 * 60 * 1000, sameSite: 'lax' } })
app.use(health({ checks: { sessions: session.ready } }))
app.use(session)
await app.listen(PORT, '127.0.0.1')
// In place of `enableShutdownHooks()`: Nest's own hooks run when the last answer has left.
drain(app.getHttpServer(), { close: () => app.close() })
console.log(`listening on http://localhost:${PORT}`)
