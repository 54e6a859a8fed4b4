// Any express-session Store as a driver. What such a store cannot do stays undone: it compares nothing before it
// writes, so two requests that write at the same moment end as they do with express-session, the later one wins.
import type { Session } from '../sessions/session.ts'
import { promised, type SessionStore, type Store } from './store.ts'

/** A plain object may do, as express-session asks for no more than these methods. */
export type ForeignStore = Pick<Store, 'get' | 'set' | 'destroy'> & Partial<Store>

export function foreignDriver(store: ForeignStore): SessionStore {
  const set = (id: string, session: Session) => promised<void>(done => store.set(id, session, done))
  return {
    slides: false,
    compares: false,
    load: id =>
      promised<object | undefined>(done =>
        store.get(id, (error, session) => {
          if (error?.code === 'ENOENT') done(null, undefined)
          else done(error, session ?? undefined)
        }),
      ),
    create: (id, { session }) => set(id, session),
    async replace(id, { session }) {
      await set(id, session)
      return 'saved' as const
    },
    async touch(id, { session }) {
      await promised(done => (store.touch ? store.touch(id, session, done) : done()))
    },
    destroy: id => promised(done => store.destroy(id, done)),
  }
}
