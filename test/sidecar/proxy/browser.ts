/** Browsers in front of a sidecar in front of apps that answer with their names. */
import type { RequestListener } from 'node:http'
import { type App, call, type closing, type Reply, startApp } from '../../support/clients.ts'
import { type Config, inFrontOf, runSidecar } from '../../support/sidecar.ts'

export const KEY = 'a key that is long enough'
export const STICKY = { cookie: 'pin', key: KEY }

/** Sends what it was given, as browsers do. */
export class Browser {
  readonly cookies = new Map<string, string>()

  async get(address: string, path = '/', headers: Record<string, string> = {}): Promise<Reply> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const reply = await call(address, path, { headers: { ...(cookie === '' ? {} : { cookie }), ...headers } })
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      this.cookies.set(name!, value!)
    }
    return reply
  }

  /** The name of the app that has answered. */
  async at(address: string, path?: string, headers?: Record<string, string>): Promise<string> {
    return (await this.get(address, path, headers)).text
  }
}

export type Answering = (name: string, ...rest: Parameters<RequestListener>) => void

export interface Apps {
  readonly count?: number
  readonly answer?: Answering
}

/** Apps that answer with their name, unless `answer` has it otherwise. */
export async function startSticky(
  keep: ReturnType<typeof closing>,
  service: Config = {},
  { count = 3, answer }: Apps = {},
) {
  const apps: App[] = []
  for (let i = 0; i < count; i++) {
    const name = `app${i}`
    const listener: RequestListener = (request, response) =>
      answer === undefined ? void response.end(name) : answer(name, request, response)
    apps.push(await keep(startApp(listener)))
  }
  const addresses = apps.map(({ address }) => address)
  const config = inFrontOf(addresses, { sticky: STICKY, ...service })
  const sidecar = await keep(runSidecar({ ...config, admin: '127.0.0.1:0' }))
  const web = () => sidecar.status().services[0]!
  const addressOf = (name: string) => addresses[Number(name.slice(3))]!
  return { apps, config, sidecar, web, addressOf, to: sidecar.address }
}
