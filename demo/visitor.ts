// One client: its cookie, and what it knows of its session. Every page has to be its own, with all that it put into the
// cart: whatever else a page shows is a loss. Each request has an id besides, which only `orders`, at the far end, puts
// into the answer.
import type { Answer, Question } from './ask.ts'

export interface Visitor {
  signIn(): Question
  visit(id: string): Question
  order(id: string): Question
  /** Two things at once, as from two tabs: both changes have to be there afterwards. */
  fillCart(): readonly [Question, Question]
  readonly isSignedIn: boolean
}

/** Of all visitors. */
export interface Kept {
  /** Sessions that began with a sign-in. */
  sessions: number
  /** Changes of a cart that were answered as done. */
  changes: number
  /** Pages that did not know their visitor, or not all of the cart. */
  lost: number
}

export function createVisitor(name: string, kept: Kept): Visitor {
  let cookie: string | undefined
  let isSignedIn = false
  const cart = new Map<string, number>()
  /** Things whose change nobody answered for: whether it was made, the next page says. */
  const open = new Set<string>()

  return {
    get isSignedIn() {
      return isSignedIn
    },

    signIn: () => ({
      name: 'POST /login',
      request: {
        method: 'POST',
        path: '/login',
        headers: headers('application/x-www-form-urlencoded', { 'idempotency-key': name }),
        body: `name=${name}`,
      },
      fault(answer) {
        if (answer.status !== 303) return String(answer.status)
        if (answer.cookie === undefined) return 'no session'
        keepCookie(answer)
        cart.clear()
        open.clear()
        isSignedIn = true
        kept.sessions++
        return undefined
      },
    }),

    visit: id => ({
      name: 'GET /',
      request: { method: 'GET', path: `/?customer=${id}`, headers: headers() },
      fault(answer) {
        const { status, body } = answer
        if (status !== 200) return String(status)
        if (!body.endsWith('</html>\n')) return 'a page without its end'
        keepCookie(answer)
        const seen = body.match(/data-customer="([^"]*)" data-user="([^"]*)" data-cart="([^"]*)"/)
        if (seen?.[1] !== id) return 'a page that belongs to another request'
        if (isSignedIn && seen[2] === '') return lost('a lost session')
        if (isSignedIn && seen[2] !== name) return lost('the session of somebody else')
        return isCart(seen[3]!) ? undefined : lost('a cart that lost a change')
      },
    }),

    order: id => ({
      name: 'POST /orders',
      request: {
        method: 'POST',
        path: '/orders',
        headers: headers('application/json', { 'idempotency-key': id }),
        body: JSON.stringify({ id, item: 'paddle', quantity: 1 }),
      },
      fault(answer) {
        if (answer.status !== 201) return String(answer.status)
        keepCookie(answer)
        return parsed(answer.body).id === id ? undefined : 'JSON that belongs to another request'
      },
    }),

    fillCart() {
      const first = Math.floor(GOODS.length * Math.random())
      const second = (first + 1 + Math.floor((GOODS.length - 1) * Math.random())) % GOODS.length
      return [change(GOODS[first]!), change(GOODS[second]!)]
    },
  }

  /** It says how many there shall be: an edge may send it again. */
  function change(item: string): Question {
    const quantity = Math.floor(10 * Math.random())
    open.add(item)
    return {
      name: 'PUT /cart',
      request: {
        method: 'PUT',
        path: `/cart/${item}`,
        headers: headers('application/json'),
        body: JSON.stringify({ quantity }),
      },
      fault(answer) {
        if (answer.status !== 200) return String(answer.status)
        keepCookie(answer)
        open.delete(item)
        cart.set(item, quantity)
        kept.changes++
        return parsed(answer.body).cart?.[item] === quantity ? undefined : lost('a cart that lost a change')
      },
    }
  }

  function isCart(text: string): boolean {
    const shown = new Map(text.split(' ').map(entry => entry.split(':') as [string, string]))
    const found = (item: string) => Number(shown.get(item) ?? 0)
    for (const item of open) cart.set(item, found(item))
    open.clear()
    return GOODS.every(item => found(item) === (cart.get(item) ?? 0))
  }

  function lost(what: string): string {
    kept.lost++
    // Told of once: from here on it begins anew.
    isSignedIn = false
    cookie = undefined
    return what
  }

  function keepCookie(answer: Answer): void {
    cookie = answer.cookie ?? cookie
  }

  function headers(type?: string, more: Record<string, string> = {}): Record<string, string> {
    return {
      ...more,
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(cookie === undefined ? {} : { cookie }),
    }
  }
}

function parsed(body: string): { readonly id?: unknown; readonly cart?: Readonly<Record<string, number>> } {
  try {
    return JSON.parse(body)
  } catch {
    return {}
  }
}

const GOODS = ['paddle', 'sail', 'rope', 'anchor', 'bucket', 'lamp']
