import { expect } from 'chai'
import { nodeResponse } from '../../../fuzz/node-client.ts'
import { BAD_CHUNK, faultOf } from '../../../sidecar/http1/fault.ts'
import type { Outcome, Phase } from '../../../sidecar/model/outcome.ts'
import * as refusals from '../../../sidecar/proxy/refusal.ts'
import { parseResponse } from '../http1/heads.ts'

describe('proxy: refusal', () => {
  const all = [...refusals.REFUSALS.values(), refusals.refusalOfFault(faultOf(BAD_CHUNK))]

  for (const refusal of all) {
    it(`${refusal.reason} is a response that we would accept ourselves, and node too`, async () => {
      for (const connection of ['', 'close', 'keep-alive']) {
        const text = refusals.refusalText(refusal, false, connection)
        const { head, at, fault } = parseResponse(text)
        expect([fault, head.status, head.length]).to.deep.equal(['', refusal.status, text.length - at])
        const { final } = await nodeResponse(Buffer.from(text), 'GET', false)
        expect(final).to.include({ status: refusal.status, whole: true, keepAlive: connection !== 'close' })
        expect(JSON.parse(final!.content)).to.include({ status: refusal.status, reason: refusal.reason })
        const values = new Map(final!.fields)
        expect(values.get('X-Outrigger-Reason')).to.equal(refusal.reason)
        expect(values.get('Proxy-Status')).to.equal(`outrigger; error=${refusal.error}`)
        expect(values.get('Cache-Control')).to.equal('no-store')
        expect(values.get('Content-Type')).to.equal('application/problem+json')
        expect(values.get('Connection') ?? '').to.equal(connection)
        expect(values.get('Retry-After')).to.equal(refusal.retryAfter > 0 ? String(refusal.retryAfter) : undefined)
      }
    })
  }

  it('has no content for HEAD, but says how much there would be', () => {
    const whole = refusals.refusalText(refusals.OVERLOAD, false, '')
    const bare = refusals.refusalText(refusals.OVERLOAD, true, '')
    expect(bare.endsWith('\r\n\r\n')).to.equal(true)
    expect(whole.startsWith(bare)).to.equal(true)
    expect(parseResponse(bare).head.length).to.equal(whole.length - bare.length)
  })

  it('has a phrase for every status, and a reason that is nobody else’s', () => {
    for (const { status, reason } of all) {
      expect(refusals.refusalText({ ...refusals.INTERNAL, status }, true, '')).not.to.match(/^HTTP\/1.1 \d+ Error\r/)
      expect(reason).to.match(/^[a-z][a-z0-9.-]+$/)
    }
    for (const status of [400, 408, 413, 414, 431, 501, 505]) {
      expect(refusals.refusalText({ ...refusals.INTERNAL, status }, true, '')).not.to.match(/^HTTP\/1.1 \d+ Error\r/)
    }
  })

  it('is told from anything else that is thrown', () => {
    expect(refusals.isRefusal(refusals.OVERLOAD)).to.equal(true)
    expect(refusals.isRefusal(refusals.refusalOfFault(faultOf(BAD_CHUNK)))).to.equal(true)
    for (const thrown of [new Error('x'), null, undefined, 'overload', 503, { reason: 'x' }]) {
      expect(refusals.isRefusal(thrown)).to.equal(false)
    }
  })

  it('of a fault closes: the framing is lost', () => {
    const { status, reason, closes, retryAfter } = refusals.refusalOfFault(faultOf(BAD_CHUNK))
    expect([status, reason, closes, retryAfter]).to.deep.equal([400, 'bad-chunk', true, 0])
  })

  it('tells the client what went wrong with the attempt', () => {
    const broken = (detail: string, phase: Phase = 'head'): Outcome => ({ kind: 'broken', phase, detail })
    const reason = (outcome: Outcome) => refusals.refusalOf(outcome).reason
    expect(reason({ kind: 'unreachable', code: 'ECONNREFUSED' })).to.equal('connect-failed')
    expect(reason({ kind: 'timed-out', phase: 'connect' })).to.equal('connect-timeout')
    expect(reason({ kind: 'timed-out', phase: 'head' })).to.equal('upstream-timeout')
    for (const detail of ['closed', 'ECONNRESET', 'EPIPE']) expect(reason(broken(detail))).to.equal('upstream-reset')
    for (const detail of ['bad-status-line', 'ambiguous-framing'])
      expect(reason(broken(detail))).to.equal('bad-response')
    expect(reason({ kind: 'abandoned' })).to.equal('internal-error')
  })
})
