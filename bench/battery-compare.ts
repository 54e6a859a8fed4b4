/**
 * Runs the conformance battery against nginx, HAProxy and ours, and prints what each did with each case.
 *
 *   npx tsx bench/battery-compare.ts [--only=nginx,haproxy,ours] [--grep=text] [--failing] [--why]
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Case } from '../test/battery/case.ts'
import { topics } from '../test/battery/cases.ts'
import { backOf, type Lane, type Result, runAll } from '../test/battery/run.ts'
import { startOrigin } from '../test/support/origin.ts'
import { openRaw, pause } from '../test/support/raw.ts'

const option = (name: string) =>
  process.argv.find(each => each === `--${name}` || each.startsWith(`--${name}=`))?.replace(/^[^=]*=?/, '')

interface Proxy {
  readonly name: string
  run(cases: readonly Case[]): Promise<ReadonlyMap<Case, Result>>
}

interface Peer {
  readonly name: string
  readonly program: string
  /** Lanes are pairs of ports: where the proxy listens, and where its origin does. */
  config(lanes: readonly (readonly [front: number, back: number])[], folder: string): string
  arguments(file: string, folder: string): readonly string[]
}

const nginx: Peer = {
  name: 'nginx',
  program: '/usr/sbin/nginx',
  arguments: (file, folder) => ['-c', file, '-p', folder, '-e', join(folder, 'error.log')],
  config: (lanes, folder) => `
    daemon off; master_process off; user root; pid ${folder}/nginx.pid; error_log ${folder}/error.log info;
    worker_rlimit_nofile 16384;
    events { worker_connections 8192; }
    http {
      access_log off; client_max_body_size 0; server_names_hash_max_size 4096;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(each => `${each}_temp_path ${folder}/${each};`).join(' ')}
      client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s; lingering_timeout 1s;
      proxy_connect_timeout 1s; proxy_read_timeout 1s; proxy_send_timeout 1s;
      proxy_http_version 1.1; proxy_request_buffering off;
      map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
      proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade; proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $http_host;
      ${lanes
        .map(
          ([front, back]) => `
      upstream u${front} { server 127.0.0.1:${back}; keepalive 4; }
      server { listen 127.0.0.1:${front}; location / { proxy_pass http://u${front}; } }`,
        )
        .join('')}
    }`,
}

const haproxy: Peer = {
  name: 'haproxy',
  program: '/usr/sbin/haproxy',
  arguments: file => ['-db', '-f', file],
  config: lanes => `
global
  maxconn 2000
defaults
  mode http
  timeout connect 1s
  timeout client 1s
  timeout server 1s
  timeout http-request 1s
  timeout tunnel 2s
${lanes
  .map(
    ([front, back]) => `
frontend f${front}
  bind 127.0.0.1:${front}
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend b${front}
backend b${front}
  server s 127.0.0.1:${back}
`,
  )
  .join('')}`,
}

const proxyOf = (peer: Peer): Proxy => ({
  name: peer.name,
  async run(cases) {
    const asked = cases.filter(test => test.oursOnly === undefined)
    const folder = await mkdtemp(join(tmpdir(), `battery-${peer.name}-`))
    const fronts = await freePorts(asked.length)
    const lanes = new Map<Case, Lane>()
    for (const [i, test] of asked.entries()) {
      const origin = await startOrigin(test.answer)
      lanes.set(test, { address: `127.0.0.1:${fronts[i]}`, origin, close: () => origin.close() })
    }
    const file = join(folder, 'proxy.conf')
    const ports = [...lanes].map(([test, lane], i) => [fronts[i]!, backOf(test, lane.origin)] as const)
    await writeFile(file, peer.config(ports, folder))
    const child = spawn(peer.program, peer.arguments(file, folder), { stdio: ['ignore', 'inherit', 'inherit'] })
    try {
      await listening(`127.0.0.1:${fronts.at(-1)}`, child)
      return await settled(runAll(asked, async test => lanes.get(test)!, 16))
    } finally {
      if (child.exitCode === null) {
        const gone = new Promise(resolve => child.once('exit', resolve))
        child.kill('SIGTERM')
        await gone
      }
      await rm(folder, { recursive: true })
    }
  },
})

const ours: Proxy = {
  name: 'ours',
  async run(cases) {
    const { openOurs } = await import('../test/battery/ours.ts')
    return settled(runAll(cases, openOurs))
  },
}

async function settled(results: ReadonlyMap<Case, Promise<Result>>): Promise<ReadonlyMap<Case, Result>> {
  const all = new Map<Case, Result>()
  for (const [test, result] of results) all.set(test, await result)
  return all
}

/** Below the range of ephemeral ports: otherwise an origin of ours could take one before the proxy does. */
async function freePorts(count: number): Promise<readonly number[]> {
  const ports: number[] = []
  for (let port = 10_000 + Math.floor(Math.random() * 10_000); ports.length < count; port++) {
    if (await isFree(port)) ports.push(port)
  }
  return ports
}

const isFree = (port: number) =>
  new Promise<boolean>(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })

async function listening(address: string, child: ChildProcess) {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with ${child.exitCode}`)
    await pause(25)
    const client = await openRaw(address).catch(() => undefined)
    if (client) return client.close()
  }
  throw new Error(`${child.spawnfile} does not listen`)
}

const proxies = [...[nginx, haproxy].filter(peer => existsSync(peer.program)).map(proxyOf), ours].filter(
  proxy => !option('only') || option('only')!.split(',').includes(proxy.name),
)
const cut = (text: string, width: number) => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width))
const chosen = Object.entries(topics).map(
  ([topic, cases]) => [topic, cases.filter(test => test.name.includes(option('grep') ?? ''))] as const,
)
const columns: { name: string; results: ReadonlyMap<Case, Result> }[] = []
for (const proxy of proxies) {
  const started = performance.now()
  columns.push({ name: proxy.name, results: await proxy.run(chosen.flatMap(([, cases]) => cases)) })
  console.error(`${proxy.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

for (const [topic, cases] of chosen) {
  if (cases.length === 0) continue
  console.log(
    `\n${cut(topic.toUpperCase(), 58)} ${cut('expected', 26)} ${columns.map(each => cut(each.name, 30)).join(' ')}`,
  )
  for (const test of cases) {
    const found = columns.map(each => each.results.get(test))
    if (option('failing') !== undefined && found.every(each => !each || each.wrong === undefined)) continue
    const cells = found.map(each =>
      cut(each ? `${each.wrong === undefined ? '+' : '-'} ${each.summary}` : '  not asked', 30),
    )
    console.log(`${cut(test.name, 58)} ${cut(test.expect.label, 26)} ${cells.join(' ')}`)
    if (option('why') === undefined) continue
    for (const [i, each] of found.entries()) {
      if (each?.wrong !== undefined) console.log(`    ${columns[i]!.name}: ${each.wrong}`)
    }
  }
}

console.log(`\n${cut('PASSED', 58)} ${cut('', 26)} ${columns.map(each => cut(each.name, 30)).join(' ')}`)
for (const [topic, cases] of chosen) {
  if (cases.length === 0) continue
  const counts = columns.map(({ results }) => {
    const asked = cases.filter(test => results.has(test))
    return cut(`${asked.filter(test => results.get(test)!.wrong === undefined).length} of ${asked.length}`, 30)
  })
  console.log(`${cut(topic, 58)} ${cut(`${cases.length} cases`, 26)} ${counts.join(' ')}`)
}
