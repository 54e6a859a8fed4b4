// Who is there, kept in one hash in Redis: each instance writes itself, and until when it is to be believed, and reads all
// of them in the same round trip. The time is Redis's: the clocks of instances need not agree.
import { randomBytes } from 'node:crypto'
import { messageOf } from '../errors.ts'
import { connect } from '../stores/redis-client.ts'
import type { RedisSource } from '../stores/redis-source.ts'

export interface Announced {
  readonly name: string
  readonly address: string
  /** It has said that it ends, or said nothing for too long. */
  readonly gone: boolean
}

export interface Announcements {
  /** Announces, and tells the list; one at a time. Resolves with whether Redis has answered. */
  beat(): Promise<boolean>
  /** The last one had no answer. */
  readonly away: boolean
  /** Resolves when Redis can be asked. */
  connected(): Promise<void>
  /** Says that this instance is gone, and disconnects. Never rejects. */
  leave(): Promise<void>
}

export interface AnnouncementSettings {
  readonly redis: RedisSource
  readonly service: string
  readonly name: string
  readonly address: string
  /** Milliseconds without a word after which an instance counts as gone. */
  readonly life: number
  /** Milliseconds that Redis has for its answer. */
  readonly deadline: number
}

/** Answers with what stood here under our own name, and then with name, life left and address of each. */
const BEAT = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local before = redis.call('HGET', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f %s %s', now + ARGV[4], ARGV[2], ARGV[3]))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
local all = redis.call('HGETALL', KEYS[1])
local found = { before or '' }
for i = 1, #all, 2 do
  local ends, run, address = string.match(all[i + 1], '^(%d+) (%S+) (.*)$')
  if not ends or ends + ARGV[5] < now then redis.call('HDEL', KEYS[1], all[i])
  else
    found[#found + 1] = all[i]
    found[#found + 1] = string.format('%.0f', ends - now)
    found[#found + 1] = address
  end
end
return found`

/** How long who has gone is remembered as such, in its lives. */
const REMEMBERED = 20

export function announcements(
  settings: AnnouncementSettings,
  told: (all: readonly Announced[]) => void,
): Announcements {
  const { name, address, service, life, deadline } = settings
  const connection = connect(settings.redis)
  const { client } = connection
  const key = `outrigger:sticky:${service}`
  /** Of this process: another one under the same name is a mistake that is worth a word. */
  const run = randomBytes(8).toString('base64url')
  let beats = 0
  let away = false
  let left = false

  /** Whatever the connection is like, it is over after the deadline. */
  async function say(lasts: number): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // Silence may be a connection that a firewall forgot.
        connection.renew(connection.home(key))
        reject(connection.lastError ?? new Error(`no answer within ${deadline} ms`))
      }, deadline)
    })
    try {
      await Promise.race([connection.ready(), late])
      const reply = client.eval(BEAT, 1, key, name, run, address, lasts, life * REMEMBERED)
      return (await Promise.race([reply, late])) as string[]
    } finally {
      clearTimeout(timer)
    }
  }

  function listen([before = '', ...all]: readonly string[]): void {
    if (beats++ > 0 && before !== '' && before.split(' ', 2)[1] !== run)
      warn(`another process announces itself as ${name}; every instance needs a name, or address, of its own`)
    const found: Announced[] = []
    for (let i = 0; i < all.length; i += 3)
      found.push({ name: all[i]!, gone: Number(all[i + 1]) <= 0, address: all[i + 2]! })
    told(found)
  }

  return {
    async beat() {
      try {
        listen(await say(life))
        away = false
        return true
      } catch (error) {
        if (!away && !left) warn(`cannot announce itself in Redis: ${messageOf(error)}`)
        away = true
        return false
      }
    },
    get away() {
      return away
    },
    connected: () => connection.ready(),
    async leave() {
      left = true
      if (client.status === 'ready') await say(-1).catch(() => {})
      await connection.close()
    },
  }
}

const warned = new Set<string>()

function warn(text: string): void {
  if (warned.has(text)) return
  warned.add(text)
  process.emitWarning(`outrigger sticky: ${text}`)
}
