// `npx tsx bench/load-reports.ts [seconds]`: what load reports are worth with real sidecars, connections and processes, in
// the small. The requests of both runs are the same, to the millisecond at which they are sent.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { parseConfig, type Sidecar, startSidecar } from '../sidecar/index.ts'
import { boundedPareto } from '../simulate/bounded-pareto.ts'
import { dice, exponential } from '../simulate/dice.ts'
import { createSamples, type Samples } from '../simulate/samples.ts'

const MEMBERS = 8
const SIDECARS = 16
const MEAN_MS = 25
const LOAD = 0.75
const seconds = Number(process.argv[2] ?? 60)

const members = Array.from({ length: MEMBERS }, () => fork(fileURLToPath(new URL('serve-queue.ts', import.meta.url))))
try {
  const ports = await Promise.all(members.map(portOf))
  const found = []
  for (const reports of [false, true]) found.push({ reports, samples: await run(ports, reports) })
  for (const { reports, samples } of found) {
    const [p50, p99] = [0.5, 0.99].map(share => samples.quantile(share).toFixed(0))
    const name = reports ? 'reports' : 'no reports'
    console.log(`${name}: ${samples.count} requests, mean ${samples.mean().toFixed(0)} ms, p50 ${p50}, p99 ${p99}`)
  }
} finally {
  for (const member of members) member.disconnect()
}

async function portOf(member: ChildProcess): Promise<number> {
  return (await once(member, 'message'))[0] as number
}

async function run(ports: readonly number[], reports: boolean): Promise<Samples> {
  const config = {
    admin: false,
    log: { level: 'silent' },
    listeners: [{ listen: '127.0.0.1:0', service: 'web' }],
    services: { web: { endpoints: ports.map(port => `127.0.0.1:${port}`), loadReports: reports } },
  }
  const settings = parseConfig(JSON.stringify(config), 'bench/load-reports.ts')
  const sidecars = await Promise.all(Array.from({ length: SIDECARS }, () => startSidecar(settings)))
  const dispatcher = new Agent({ connections: 64 })
  try {
    return await send(sidecars, dispatcher)
  } finally {
    await dispatcher.close()
    await Promise.all(sidecars.map(sidecar => sidecar.close()))
  }
}

async function send(sidecars: readonly Sidecar[], dispatcher: Agent): Promise<Samples> {
  const gap = exponential(MEAN_MS / (MEMBERS * LOAD), dice(1, 'gaps'))
  const work = boundedPareto(1.5, 1_000).times(MEAN_MS, dice(1, 'work'))
  const which = dice(1, 'which')
  const samples = createSamples()
  const open: Promise<void>[] = []
  const start = performance.now()
  for (let at = gap(); at < seconds * 1000; at += gap()) {
    const ahead = start + at - performance.now()
    if (ahead > 1) await new Promise(resolve => setTimeout(resolve, ahead))
    const { addresses } = sidecars[Math.floor(which() * sidecars.length)]!
    open.push(ask(`http://${addresses[0]}/?ms=${work().toFixed(1)}`, start + at))
  }
  await Promise.all(open)
  return samples

  async function ask(url: string, due: number): Promise<void> {
    const { body, statusCode } = await request(url, { dispatcher })
    await body.dump()
    if (statusCode !== 200) throw new Error(`${statusCode}`)
    samples.add(performance.now() - due)
  }
}
