/** Our proxy, in this process: one sidecar for each case, so that no case can see another's connections. */
import { parseConfig } from '../../sidecar/config/load.ts'
import { startSidecar } from '../../sidecar/sidecar.ts'
import { startOrigin } from '../support/origin.ts'
import type { Case, Config } from './case.ts'
import { backOf, type Lane } from './run.ts'

export async function openOurs(test: Case): Promise<Lane> {
  const origin = await startOrigin(test.answer)
  const sidecar = await startSidecar(
    parseConfig(configText(`127.0.0.1:${backOf(test, origin)}`, test.config), 'battery'),
  )
  return {
    address: sidecar.addresses[0]!,
    origin,
    async close() {
      await sidecar.close()
      await origin.close()
    },
  }
}

/** JSON is YAML. The grace is short: a case may leave a client or an origin behind that never ends. */
function configText(endpoint: string, config: Config = {}): string {
  return JSON.stringify({
    admin: false,
    grace: '50ms',
    log: { level: 'silent' },
    listeners: [{ listen: '127.0.0.1:0', ...(config.byName ? {} : { service: 'web' }), ...config.listener }],
    services: { web: { endpoints: [endpoint], ...config.service } },
  })
}
