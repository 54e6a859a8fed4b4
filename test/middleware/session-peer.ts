// A process with our middleware and, for contrast, express-session + connect-redis, each on a port of its own. The slow
// ones write with a delay of 20 ms.
import { setTimeout as sleep } from 'node:timers/promises'
import type express from 'express'
import { ours, slow, theirs } from './contenders.ts'

const url = process.argv[2]!

const routes = (app: express.Express) => {
  app.get('/set/:key', (req: any, res) => {
    req.session[req.params.key] = 1
    res.send()
  })
  app.get('/count', async (req: any, res) => {
    const add = (data: any) => {
      data.count = (data.count ?? 0) + 1
    }
    if (req.session.update) await req.session.update(add)
    else add(req.session)
    res.send()
  })
  app.get('/write/:ms', async (req: any, res) => {
    req.session.seen = Math.random()
    await sleep(Number(req.params.ms))
    res.send()
  })
  app.get('/logout/:ms', async (req: any, res) => {
    await sleep(Number(req.params.ms))
    req.session.destroy(() => res.send())
  })
  app.get('/login', (req: any, res) => {
    req.session.user = 'ada'
    res.redirect('/home')
  })
  app.get('/home', (req: any, res) => void res.send(String(req.session.user)))
}

/** What is at stake here is what is stored: a busy machine may take the time that it needs. */
const patient = { deadline: 5_000 }

const sites = {
  ours: await ours.serve(url, routes, patient),
  theirs: await theirs.serve(url, routes),
  oursSlow: await ours.serve(url, routes, patient, slow(url, 20)),
  theirsSlow: await theirs.serve(url, routes, {}, slow(url, 20)),
}
export type Name = keyof typeof sites

process.on('disconnect', () => process.exit())
process.send!(Object.fromEntries(Object.entries(sites).map(([name, { port }]) => [name, port])))
