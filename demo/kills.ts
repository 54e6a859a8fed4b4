// SIGKILL, and the same port again later: by chaos, or by the button of the page, for whichever `web` made it.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Child } from './children.ts'
import type { Load } from './load.ts'
import type { Screen } from './screen.ts'

/** Of one service. */
export interface Kills {
  /** Killed and not started again yet: one at a time, so that two of three are well. */
  readonly away: Child | undefined
  /** Resolves when it is gone, with what starts it again; with nothing when one is away. */
  kill(child: Child): Promise<(() => Promise<void>) | undefined>
}

export function createKills(): Kills {
  let away: Child | undefined
  return {
    get away() {
      return away
    },
    async kill(child) {
      if (away !== undefined) return undefined
      away = child
      await child.end('SIGKILL')
      return async () => {
        await child.restart()
        away = undefined
      }
    },
  }
}

export interface ButtonParts {
  readonly webs: readonly Child[]
  readonly kills: Kills
  readonly screen: Screen
  readonly load: Load
}

/** Does what `apps/kill.mjs` asks for, until the signal. Rejects when one does not start again. */
export function serveButton({ webs, kills, screen, load }: ButtonParts, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => resolve())
    for (const asked of webs) {
      asked.hear(async message => {
        const { question, kill } = message as { readonly question: number; readonly kill: number }
        asked.tell({ answer: question, killed: await press(kill) })
      })
    }

    /** Resolves as soon as it is gone. False: it was spared. */
    async function press(pid: number): Promise<boolean> {
      const child = webs.find(web => web.pid() === pid)
      // The edge has sent it once more, or the page is an old one: what was asked for is done.
      if (child === undefined || child === kills.away) return true
      const restart = await kills.kill(child)
      if (restart === undefined) return false
      tell(`${child.name} is killed (SIGKILL), by the button of its page`)
      sleep(AWAY_MS, undefined, { signal })
        .then(restart)
        .then(() => tell(`${child.name} is started again, on the same port`))
        .catch(error => (signal.aborted ? resolve() : reject(error)))
      return true
    }

    function tell(text: string): void {
      screen.tell({ seconds: load.total.seconds, text })
    }
  })
}

const AWAY_MS = 3_000
