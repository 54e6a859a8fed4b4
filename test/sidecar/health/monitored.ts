import type { ServerResponse } from 'node:http'
import { createMonitor, type MonitorParts } from '../../../sidecar/health/monitor.ts'
import { createSlots } from '../../../sidecar/health/slots.ts'
import type { HealthSettings } from '../../../sidecar/model/resilience-settings.ts'
import { createVerdict } from '../../../sidecar/resilience/rise-fall.ts'
import { type App, closing, startApp } from '../../support/clients.ts'
import { until } from '../../support/raw.ts'
import { health } from './settings.ts'

export const middle = () => 0.5

/** In a `describe`: a monitor over real servers, all closed after each test. */
export function monitored() {
  const keep = closing()

  /** `verdicts` are what it told: the address of the nth app as `n`. */
  async function watching(
    apps: readonly { address: string }[],
    settings: Partial<HealthSettings> = {},
    parts: Partial<MonitorParts> = {},
  ) {
    const addresses = apps.map(({ address }) => address)
    const verdicts: string[] = []
    let requests = 0
    const monitor = createMonitor(health(settings), {
      addresses: () => addresses,
      traffic: () => requests++,
      onVerdict: (address, healthy, why) =>
        void verdicts.push(`${addresses.indexOf(address)} ${healthy ? 'healthy' : 'unhealthy'}: ${why}`),
      verdict: createVerdict,
      random: middle,
      slots: createSlots(),
      now: () => performance.now(),
      ...parts,
    })
    await keep({ close: () => monitor.stop() })
    monitor.start()
    const checked = (times: number, nth = 0) =>
      until(() => (monitor.statusOf(addresses[nth]!)?.checks ?? 0) >= times, 5000)
    return { monitor, verdicts, addresses, checked, status: (nth = 0) => monitor.statusOf(addresses[nth]!) }
  }

  /** Answers each check as `answer` says: by a status, or by itself. */
  async function startChecked(answer: (nth: number, response: ServerResponse) => number | undefined = () => 200) {
    const at: number[] = []
    const app = await keep(
      startApp((_, response) => {
        const nth = at.push(performance.now()) - 1
        const status = answer(nth, response)
        if (status !== undefined) response.writeHead(status).end()
      }),
    )
    return { address: app.address, app, at }
  }

  async function startRefusing(): Promise<App> {
    const app = await startApp(() => {})
    await app.close()
    return app
  }

  return { keep, watching, startChecked, startRefusing }
}
