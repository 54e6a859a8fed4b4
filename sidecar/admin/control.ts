// What an operator can do by hand: hold a service or a member, so that it is given nothing, and release it.

export interface Controlled {
  readonly name: string
  setHeld(held: boolean): void
  readonly cluster: { setHeld(address: string, held: boolean, now: number): boolean }
}

export interface ControlParts {
  service(name: string): Controlled | undefined
  readonly now: () => number
}

export interface Reply {
  readonly status: number
  readonly text: string
}

export const CONTROL_PATHS =
  'POST /services/NAME/hold, /services/NAME/release, /services/NAME/members/ADDRESS/hold and .../release'

/** `path` without its query. Undefined when it is none of these. */
export function control(path: string, { service, now }: ControlParts): Reply | undefined {
  const match = /^\/services\/([^/]+)(?:\/members\/([^/]+))?\/(hold|release)$/.exec(path)
  if (match === null) return undefined
  const [name, address] = [decode(match[1]!), match[2] === undefined ? undefined : decode(match[2])]
  const held = match[3] === 'hold'
  const found = service(name.toLowerCase())
  if (found === undefined) return { status: 404, text: `there is no service ${JSON.stringify(name)}` }
  if (address === undefined) {
    found.setHeld(held)
    return { status: 200, text: `${found.name} is ${match[3] === 'hold' ? 'held' : 'released'}` }
  }
  if (!found.cluster.setHeld(address, held, now())) {
    return { status: 404, text: `${found.name} has no member ${JSON.stringify(address)}` }
  }
  return { status: 200, text: `${address} of ${found.name} is ${held ? 'held' : 'released'}` }
}

/** A unix path in an address has slashes, which are written as %2F. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
