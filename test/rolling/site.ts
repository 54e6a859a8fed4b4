/**
 * Two edges in front of the same apps, each `web` with a sidecar of its own, as in a pod, and `orders` behind those.
 *   clients -> edge 1, edge 2 -> web 1, web 2, ... -> the sidecar beside each -> orders 1, orders 2, ...
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lastingPorts } from '../../demo/ports.ts'
import { call } from '../support/clients.ts'
import { pause } from '../support/raw.ts'
import { directory } from '../support/sidecar.ts'
import { type Program, type Restartable, restartable } from './process.ts'

export interface Site {
  /** `127.0.0.1:port` of both. */
  readonly edges: readonly string[]
  /** One after the other, each time waiting until all that send requests to it say that it is ready. */
  rollEdges(): Promise<void>
  rollWebs(): Promise<void>
  rollOrders(): Promise<void>
  close(): Promise<void>
}

export interface SitePlan {
  readonly redisUrl: string
  /** Of each, apps. */
  readonly instances: number
  /** Milliseconds between SIGTERM and the closing of a listener. */
  readonly delay: number
}

const EDGES = 2
/** A member that drains has to be seen well before the delay is over. */
const HEALTH = { http: '/readyz', every: '300ms', timeout: '300ms', fall: 2, rise: 1 }

export async function openSite({ redisUrl, instances, delay }: SitePlan): Promise<Site> {
  const folder = await directory()
  const ports = await lastingPorts(2 * EDGES + 4 * instances)
  const take = (count: number) => ports.splice(0, count)
  const [webPorts, orderPorts] = [take(instances), take(instances)]

  const orders = orderPorts.map((port, i) => app(`orders ${i + 1}`, 'orders', { PORT: String(port) }))
  const besides = await Promise.all(
    webPorts.map((_, i) => sidecar(`sidecar ${i + 1}`, { service: 'orders', members: orderPorts, front: false })),
  )
  // Started by `outrigger wait`: both may be told to start and to leave at the same moment, as the containers of a pod are.
  const webs = webPorts.map((port, i) => {
    const { port: through, admin } = besides[i]!
    const env = { PORT: String(port), REDIS_URL: redisUrl, SIDECAR_PORT: String(through) }
    return app(`web ${i + 1}`, 'web', env, [BIN, 'wait', '--admin', `127.0.0.1:${admin}`, '--', process.execPath])
  })
  const edges = await Promise.all(
    Array.from({ length: EDGES }, (_, i) =>
      sidecar(`edge ${i + 1}`, { service: 'web', members: webPorts, front: true }),
    ),
  )
  const all = [...orders, ...besides.map(({ process }) => process), ...webs, ...edges.map(({ process }) => process)]
  await Promise.all(all.map(each => each.start()))

  return {
    edges: edges.map(({ port }) => `127.0.0.1:${port}`),
    async rollEdges() {
      for (const { process } of edges) {
        await process.stop()
        await process.start()
      }
    },
    async rollWebs() {
      for (const [i, web] of webs.entries()) {
        const pair = [web, besides[i]!.process]
        await Promise.all(pair.map(each => each.stop()))
        await Promise.all(pair.map(each => each.start()))
        await seen(edges, webPorts[i]!)
      }
    },
    async rollOrders() {
      for (const [i, each] of orders.entries()) {
        await each.stop()
        await each.start()
        await seen(besides, orderPorts[i]!)
      }
    },
    async close() {
      for (const each of all) each.kill()
      await folder.close()
    },
  }

  function app(name: string, kind: string, env: Program['env'], by: readonly string[] = []): Restartable {
    return restartable({ name, args: [...by, APP, kind], env: { ...env, DELAY_MS: String(delay) } })
  }

  async function sidecar(name: string, plan: { service: string; members: readonly number[]; front: boolean }) {
    const [port, admin] = take(2)
    const { service, members, front } = plan
    const config = {
      admin: `127.0.0.1:${admin}`,
      ...(front ? { delay: `${delay}ms` } : {}),
      listeners: [{ listen: `127.0.0.1:${port}`, ...(front ? { service } : {}) }],
      services: { [service]: { endpoints: members.map(member => `127.0.0.1:${member}`), health: HEALTH } },
    }
    const file = join(folder.path, `${name.replace(' ', '-')}.yaml`)
    await writeFile(file, JSON.stringify(config))
    return { port: port!, admin: admin!, process: restartable({ name, args: [BIN, 'run', file] }) }
  }
}

const APP = fileURLToPath(new URL('app.mjs', import.meta.url))
const BIN = fileURLToPath(new URL('../../dist/sidecar/bin.js', import.meta.url))

/** Until all of these that run hold the member on this port for ready. */
async function seen(sidecars: readonly { readonly admin: number }[], port: number): Promise<void> {
  const states = () => Promise.all(sidecars.map(({ admin }) => stateOf(admin, port)))
  for (let left = 200; !(await states()).every(state => state === 'ready'); left--) {
    if (left === 0) throw new Error(`nobody holds the app on ${port} for ready`)
    await pause(50)
  }
}

async function stateOf(admin: number, port: number): Promise<string> {
  const answer = await call(`127.0.0.1:${admin}`, '/status').catch(() => undefined)
  // It restarts just now; how its members are it finds out by itself.
  if (answer === undefined) return 'ready'
  const { services } = JSON.parse(answer.text)
  return services[0].members.find(({ address }: { address: string }) => address.endsWith(`:${port}`)).state
}
