/** A real redis-server that a test starts, stops, kills and freezes. */
import { launch, type RedisProcess } from './redis-process.ts'

export interface RedisServer extends RedisProcess {
  /** Runs `work`, and says how often clients called which command meanwhile. */
  counting(work: () => Promise<unknown>): Promise<Record<string, number>>
}

/** Without persistence, if the settings do not say otherwise: killed and started again it is empty. */
export async function startRedis(...settings: string[]): Promise<RedisServer> {
  const redis = await launch({ settings })
  const { client } = redis
  return {
    ...redis,
    async counting(work) {
      await client.config('RESETSTAT')
      await work()
      const info = await client.info('commandstats')
      const found = [...info.matchAll(/^cmdstat_(\S+?):calls=(\d+)/gm)].map(([, name, calls]) => [name!, Number(calls)])
      for (const own of ['info', 'config|resetstat', 'ping']) {
        const at = found.findIndex(([name]) => name === own)
        if (at !== -1) found.splice(at, 1)
      }
      return Object.fromEntries(found)
    },
  }
}
