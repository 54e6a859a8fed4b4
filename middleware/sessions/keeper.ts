// How a session finds who carries out what is asked of it. A file of its own because all of `session.ts` is public. The
// types are there.

/** Where a request has its keeper. */
export const KEEPER = Symbol('outrigger.keeper')

/** Of a request that no middleware of ours has seen: the store alone. Set by `store.ts`. */
export const fallback: { keeper: (request: any) => unknown } = {
  keeper: () => {
    throw new Error('This session belongs to no request')
  },
}
