// `npm start`: opens the site, puts a load on it, shows what becomes of it, and ends all in order, whatever happens.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createChaos } from './chaos.ts'
import { type Children, createChildren } from './children.ts'
import { DemoError } from './demo-error.ts'
import { assertKeeps } from './keeping.ts'
import { createKills, serveButton } from './kills.ts'
import { startLoad } from './load.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { assertFree } from './ports.ts'
import { openScreen } from './screen.ts'
import { openSite, type Site } from './site.ts'
import { type Result, summary } from './summary.ts'
import { sharesSinceStart, watch } from './watch.ts'

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args)
    if (!options.help) return await demo(options)
    process.stdout.write(USAGE)
    return 0
  } catch (error) {
    if (!(error instanceof DemoError)) throw error
    process.stderr.write(`${error.message}\n`)
    return error.exitCode
  }
}

async function demo({ port, seconds, chaos, redis }: Options): Promise<number> {
  await assertFree(port)
  await assertKeeps(redis)
  const end = new AbortController()
  const deaths: string[] = []
  const children = createChildren(death => {
    deaths.push(death.message)
    end.abort(death)
  })
  endWhenAsked(end, children)
  const folder = mkdtempSync(join(tmpdir(), 'outrigger-demo-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  try {
    const site = await Promise.race([
      openSite(children, { folder, port, sessions: redis ?? join(folder, 'sessions') }),
      rejection(end.signal),
    ])
    if (seconds !== undefined) setTimeout(() => end.abort(), seconds * 1000).unref()
    const result = await run({ site, children, chaos, seconds }, end)
    const problems = [...(await children.stop()), ...deaths]
    for (const problem of problems) process.stderr.write(`${problem}\n`)
    process.stdout.write(summary(result))
    return problems.length === 0 && result.total.requests > 0 && result.total.failed === 0 ? 0 : 1
  } finally {
    await children.stop()
  }
}

interface Show {
  readonly site: Site
  readonly children: Children
  readonly chaos: boolean
  readonly seconds: number | undefined
}

async function run({ site, children, chaos: wanted, seconds }: Show, end: AbortController): Promise<Result> {
  const load = startLoad(site.url)
  const screen = openScreen(process.stdout, site)
  const kills = { web: createKills(), orders: createKills() }
  const chaos = wanted ? createChaos({ site, load, screen, children, kills }) : undefined
  try {
    // Either of them ends both, but that chaos may have had its last trouble long before the end.
    const watching = watch({ site, load, screen }, end.signal).finally(() => end.abort())
    const serving = serveButton({ webs: site.processes.web, kills: kills.web, screen, load }, end.signal)
    const killing = Promise.all([serving, chaos?.run(seconds, end.signal)]).catch(error => {
      end.abort()
      throw error
    })
    await Promise.all([watching, killing])
    await load.stop()
    const accounts = (await chaos?.accounts()) ?? []
    const { total, kept } = load
    return { total, kept, keptIn: site.keptIn, groups: await sharesSinceStart(site), accounts }
  } finally {
    await load.stop()
    screen.close()
  }
}

function endWhenAsked(end: AbortController, children: Children): void {
  let asked = Number.POSITIVE_INFINITY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // npm passes on the Ctrl-C that the terminal has sent to everyone: one press may come more than once.
      if (performance.now() - asked > 500) {
        children.kill()
        process.exit(130)
      }
      asked = Math.min(asked, performance.now())
      end.abort()
    })
  }
  // Whoever reads has gone, as in `npm start | head`.
  process.stdout.on('error', () => end.abort())
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      const { reason } = signal
      reject(reason instanceof DemoError ? reason : new DemoError('Ended before it had begun.'))
    })
  })
}
