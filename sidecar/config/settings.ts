import type { ListenerSettings, ListenerTarget, ServiceSettings, Settings } from '../model/settings.ts'
import type { Configuration } from './schema.ts'

/** `order` is the file's order of the services, which an object does not keep for names like `1`. */
export function settingsOf(config: Configuration, order: readonly string[]): Settings {
  return deepFreeze({
    admin: config.admin,
    listeners: config.listeners.map(listenerOf),
    services: order.map((name): ServiceSettings => ({ name: name.toLowerCase(), ...config.services[name]! })),
    delay: config.delay,
    grace: config.grace,
    log: config.log,
  })
}

type Listener = Configuration['listeners'][number]

function listenerOf({ listen, service, routes, outlive, trust, timeouts, limits }: Listener): ListenerSettings {
  const target = targetOf(service, routes)
  return { listen, target, outlive: outlive ?? target.kind === 'by-name', trust, timeouts, limits }
}

function targetOf(service: Listener['service'], routes: Listener['routes']): ListenerTarget {
  if (service !== undefined) return { kind: 'service', service: service.toLowerCase() }
  if (routes === undefined) return { kind: 'by-name' }
  return {
    kind: 'routes',
    routes: routes.map(({ host, prefix, service, idempotent, sticky }) => ({
      host,
      prefix,
      service: service.toLowerCase(),
      idempotent,
      ...(sticky === undefined ? {} : { sticky }),
    })),
  }
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
