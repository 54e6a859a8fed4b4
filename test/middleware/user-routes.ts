/** What users do with their sessions, by paths. */
import type express from 'express'

export function routes(app: express.Express): void {
  const answer = (path: string, work: (req: any) => unknown) =>
    app.get(path, async (req, res) => void res.send(String(await work(req))))
  answer('/', req => JSON.stringify(req.session.user))
  answer('/handle', req => req.session.handle)
  answer('/login/:user', req => {
    req.session.user = 'number' in req.query ? Number(req.params.user) : req.params.user
  })
  answer('/logout', req => delete req.session.user)
  answer('/destroy', req => req.session.destroy())
  answer('/theme/:theme', req => (req.session.theme = req.params.theme))
  answer('/set/:key/:json', req => {
    req.session[req.params.key] = JSON.parse(req.params.json)
  })
  answer('/update/:user', req => req.session.update((data: any) => (data.user = req.params.user)))
  answer('/life/:ms', req => {
    req.session.cookie.maxAge = Number(req.params.ms)
  })
  answer('/regenerate', req => req.session.regenerate({ keep: true }))
  answer('/others', req => req.session.revokeOthers())
  answer('/password', async req => {
    await req.session.regenerate({ keep: true })
    return req.session.revokeOthers()
  })
}
