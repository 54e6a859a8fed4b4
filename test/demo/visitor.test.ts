import { assert } from 'chai'
import type { Answer, Question } from '../../demo/ask.ts'
import { createVisitor, type Kept, type Visitor } from '../../demo/visitor.ts'

describe('demo/visitor', () => {
  let kept: Kept
  let visitor: Visitor

  beforeEach(() => {
    kept = { sessions: 0, changes: 0, lost: 0 }
    visitor = createVisitor('ada', kept)
    assert.isUndefined(visitor.signIn().fault({ status: 303, body: '', cookie: 'sid=1' }))
  })

  it('keeps its cookie', () => {
    const cookieNow = () => (visitor.visit('1').request.headers as Record<string, string>).cookie
    assert.equal(cookieNow(), 'sid=1')
    assert.isUndefined(visitor.visit('1').fault({ ...page({ id: '1' }), cookie: 'sid=2' }))
    assert.equal(cookieNow(), 'sid=2')
  })

  it('knows its pages, with all that was put into the cart', () => {
    const cart = changed(visitor.fillCart())
    assert.isUndefined(visitor.visit('1').fault(page({ id: '1', cart })))
    assert.deepEqual(kept, { sessions: 1, changes: 2, lost: 0 })
  })

  for (const [what, shown] of [
    ['a lost session', { user: '' }],
    ['the session of somebody else', { user: 'bob' }],
    ['a cart that lost a change', { cart: 'lamp:77' }],
  ] as const) {
    it(`sees ${what}, and signs in again`, () => {
      changed(visitor.fillCart())
      assert.equal(visitor.visit('1').fault(page({ id: '1', ...shown })), what)
      assert.equal(kept.lost, 1)
      assert.isFalse(visitor.isSignedIn)
    })
  }

  it('sees a change that is not in the answer to it', () => {
    const [change] = visitor.fillCart()
    assert.equal(change.fault({ status: 200, body: '{"cart":{}}', cookie: undefined }), 'a cart that lost a change')
  })

  it('sees what belongs to another request, and what is not whole', () => {
    assert.equal(visitor.visit('2').fault(page({ id: '1' })), 'a page that belongs to another request')
    assert.equal(visitor.visit('2').fault({ ...page({ id: '2' }), body: '<html>' }), 'a page without its end')
    assert.equal(
      visitor.order('2').fault({ ...page({ id: '2' }), status: 201 }),
      'JSON that belongs to another request',
    )
    assert.equal(kept.lost, 0)
  })

  it('takes from the next page what became of a change that nobody answered for', () => {
    const [one, other] = visitor.fillCart()
    assert.equal(one.fault({ status: 502, body: '', cookie: undefined }), '502')
    const cart = changed([other])
    assert.isUndefined(visitor.visit('1').fault(page({ id: '1', cart: `${cart} ${itemOf(one)}:7` })))
    assert.equal(visitor.visit('2').fault(page({ id: '2', cart })), 'a cart that lost a change')
  })
})

function page({ id, user = 'ada', cart = '' }: { id: string; user?: string; cart?: string }): Answer {
  const main = `<main data-customer="${id}" data-user="${user}" data-cart="${cart}">`
  return { status: 200, body: `<html>${main}</html>\n`, cookie: undefined }
}

/** All of them are answered as done. Returns the cart as a page shows it. */
function changed(changes: readonly Question[]): string {
  return changes
    .map(change => {
      const { quantity } = JSON.parse(change.request.body as string)
      const body = JSON.stringify({ cart: { [itemOf(change)]: quantity } })
      assert.isUndefined(change.fault({ status: 200, body, cookie: undefined }))
      return `${itemOf(change)}:${quantity}`
    })
    .join(' ')
}

function itemOf({ request }: Question): string {
  return request.path.slice('/cart/'.length)
}
