// Does to the instances what troubles.ts says, tells of it as it happens, and takes down what was noticed of it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { MemberStatus } from '../sidecar/model/status.ts'
import { type Account, inSeconds, type Times } from './accounts.ts'
import type { Child, Children } from './children.ts'
import type { Kills } from './kills.ts'
import type { Load } from './load.ts'
import type { Screen } from './screen.ts'
import { gravest, membersAt } from './shares.ts'
import type { Site } from './site.ts'
import { type Trouble, troublesIn } from './troubles.ts'

export interface Chaos {
  /** Until the signal, or until there is no more trouble in a demo of that length. */
  run(length: number | undefined, signal: AbortSignal): Promise<void>
  /** When nothing is asked any more. */
  accounts(): Promise<Account[]>
}

export interface ChaosParts {
  readonly site: Site
  readonly load: Load
  readonly screen: Screen
  readonly children: Children
  readonly kills: Readonly<Record<Trouble['service'], Kills>>
}

export function createChaos({ site, load, screen, children, kills }: ChaosParts): Chaos {
  const startedAt = performance.now()
  const accounts: Account[] = []
  let repeated = 0
  let close = open('before', { noticed: undefined, back: undefined })

  return {
    async run(length, signal) {
      try {
        for (const trouble of troublesIn(length)) await suffer(trouble, signal)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    },
    async accounts() {
      await readRepeated()
      close()
      return accounts
    },
  }

  async function suffer({ kind, service, instance, from, to }: Trouble, signal: AbortSignal): Promise<void> {
    const child = site.processes[service][instance]!
    const { name } = child
    const { deed, done, undone } = DEEDS[kind]
    const times: { -readonly [K in keyof Times]: Times[K] } = { noticed: undefined, back: undefined }
    await sleepUntil(from)
    await readRepeated()
    close()
    close = open(`${name} ${kind}`, times)

    const undo = await deed(child, { children, kills: kills[service], signal })
    tell(done)
    await timeTo(isNoticed, 'noticed', () => elapsed() >= to)
    await sleepUntil(to)
    await undo()
    tell(undone)
    // Not waited for: it may last until after the next one.
    timeTo(isBack, 'back')

    function tell(text: string): void {
      screen.tell({ seconds: elapsed(), text: `${name} ${text}` })
    }

    function sleepUntil(second: number): Promise<void> {
      return sleep(Math.max(0, second - elapsed()) * 1000, undefined, { signal })
    }

    async function timeTo(test: Test, what: keyof Times, isLate = () => false): Promise<void> {
      const since = performance.now()
      times[what] = Number.POSITIVE_INFINITY
      for (let first: Members | undefined; !signal.aborted && !isLate(); await sleep(LOOK_MS)) {
        const members = await lookAt(service, child)
        if (signal.aborted || members.length === 0 || !test(members, (first ??= members))) continue
        times[what] = performance.now() - since
        return tell(`${WORDS[what]} ${gravest(members)}, ${inSeconds(times[what])} later`)
      }
    }
  }

  /** What those have of it that call it. Empty when they do not answer. */
  async function lookAt(service: Trouble['service'], { listeners }: Child): Promise<Members> {
    const reading = await site.read().catch(() => undefined)
    const callers = reading === undefined ? [] : service === 'web' ? [reading.edge] : reading.sidecars
    return membersAt(callers, service, listeners[0]!)
  }

  /** Returns what closes the account. */
  function open(name: string, times: Times): () => void {
    const count = load.count()
    const before = repeated
    return () => accounts.push({ name, seen: count.stop(), repeated: repeated - before, times })
  }

  /** What cannot be read now is found in the next account. */
  async function readRepeated(): Promise<void> {
    const reading = await site.read().catch(() => undefined)
    if (reading === undefined) return
    const services = [reading.edge, ...reading.sidecars].flatMap(status => status.services)
    repeated = services.flatMap(({ retries }) => Object.values(retries)).reduce((sum, each) => sum + each, 0)
  }

  function elapsed(): number {
    return (performance.now() - startedAt) / 1000
  }
}

const LOOK_MS = 50

type Members = readonly MemberStatus[]
type Test = (members: Members, first: Members) => boolean

const isNoticed: Test = members => members.some(({ state }) => state !== 'ready')

const isBack: Test = (members, first) =>
  members.every(({ state, succeeded }, i) => state === 'ready' && succeeded > first[i]!.succeeded)

const WORDS: Readonly<Record<keyof Times, string>> = { noticed: 'is seen to be', back: 'serves again and is' }

interface Means {
  readonly children: Children
  readonly kills: Kills
  readonly signal: AbortSignal
}

interface Deed {
  /** Resolves when it is done, with what undoes it. */
  deed(child: Child, means: Means): Promise<() => Promise<void>>
  readonly done: string
  readonly undone: string
}

const DEEDS: Readonly<Record<Trouble['kind'], Deed>> = {
  killed: {
    done: 'is killed (SIGKILL)',
    undone: 'is started again, on the same port',
    async deed(child, { kills, signal }) {
      // Somebody may have pressed the button on the page.
      for (; ; await sleep(LOOK_MS, undefined, { signal })) {
        const restart = await kills.kill(child)
        if (restart !== undefined) return restart
      }
    },
  },
  failing: {
    done: 'answers 503 in 1 ms',
    undone: 'is well again',
    async deed(child) {
      child.tell({ broken: true })
      return async () => child.tell({ broken: false })
    },
  },
  frozen: {
    done: 'is frozen (SIGSTOP)',
    undone: 'goes on (SIGCONT)',
    async deed(child, { children }) {
      const name = `the freezer of ${child.name}`
      const [freezer] = await children.start([{ name, args: ['demo/apps/freezer.mjs', String(child.pid())] }])
      return () => freezer!.end('SIGTERM')
    },
  },
}
