import { expect } from 'chai'
import { closing, field, talk } from '../../support/clients.ts'
import { type Answer, ok, startOrigin } from '../../support/origin.ts'
import { inFrontOf, runSidecar } from '../../support/sidecar.ts'

const HANG: Answer = ['ended']

describe('deadlines', () => {
  const keep = closing()

  async function start(answers: readonly Answer[], service: object = {}) {
    const origins = await Promise.all(answers.map(answer => keep(startOrigin(answer))))
    const addresses = origins.map(({ address }) => address)
    const sidecar = await keep(runSidecar(inFrontOf(addresses, { balance: 'round-robin', ...service })))
    const ask = async (lines = '', method = 'GET') => {
      const begun = performance.now()
      const [response] = await talk(sidecar.address, `${method} / HTTP/1.1\r\nHost: web\r\n${lines}\r\n`, [method])
      return { response: response!, reason: field(response!, 'x-outrigger-reason'), ms: performance.now() - begun }
    }
    return { origins, sidecar, ask }
  }

  it('give up an attempt after its time, and ask another member', async () => {
    const { ask, sidecar } = await start([HANG, [ok('fine')]], { timeouts: { perTry: '200ms' } })
    const { response, ms } = await ask()
    expect(String(response.body)).to.equal('fine')
    expect(ms).to.be.within(195, 1_500)
    expect(sidecar.status().services[0]!.retries).to.deep.equal({ '504': 1 })
  })

  it('count the time to connect into that of the attempt', async () => {
    const { ask } = await start([HANG], { timeouts: { perTry: '150ms', connect: '1s', head: '10s' }, retries: false })
    const { reason, ms } = await ask()
    expect(reason).to.equal('upstream-timeout')
    expect(ms).to.be.within(145, 1_200)
  })

  it('let all attempts together take no longer than the total', async () => {
    const { ask } = await start([HANG, HANG], {
      timeouts: { perTry: '200ms', total: '300ms' },
      retries: { attempts: 5 },
    })
    const { reason, response, ms } = await ask()
    expect([response.status, reason]).to.deep.equal([504, 'total-timeout'])
    expect(ms).to.be.within(295, 1_500)
  })

  for (const [name, line, what] of [
    ['x-request-deadline-ms', 'X-Request-Deadline-Ms: 250', /^X-Request-Deadline-Ms: (\d+)$/m],
    ['grpc-timeout', 'grpc-timeout: 250m', /^grpc-timeout: (\d+)m$/m],
  ] as const) {
    it(`are shortened by ${name}, and the rest is told to the member`, async () => {
      const { ask, origins } = await start([HANG])
      const { reason, ms } = await ask(`${line}\r\nX-Other: 1\r\n`)
      expect(reason).to.equal('total-timeout')
      expect(ms).to.be.within(245, 1_500)
      const head = origins[0]!.requests[0]!.head.replaceAll('\r\n', '\n')
      expect(Number(what.exec(head)![1])).to.be.within(150, 250)
      expect(head).to.match(/^X-Other: 1$/m)
    })
  }

  it('tell each attempt what is left then', async () => {
    const { ask, origins } = await start([HANG, [ok()]], { timeouts: { perTry: '300ms' } })
    await ask('X-Request-Deadline-Ms: 5000\r\n')
    const left = origins.map(({ requests }) => Number(requests[0]!.fields.find(([name]) => /deadline/i.test(name))![1]))
    expect(left[0]! - left[1]!).to.be.within(250, 1_500)
    expect(origins[1]!.requests[0]!.head.match(/deadline/gi)).to.have.length(1)
  })

  it('do not lengthen anything', async () => {
    const { ask } = await start([HANG], { timeouts: { total: '200ms' } })
    const { ms } = await ask('X-Request-Deadline-Ms: 60000\r\n')
    expect(ms).to.be.below(1_500)
  })

  it('are over at once when the caller has no time left', async () => {
    const { ask } = await start([HANG])
    const { reason, ms } = await ask('X-Request-Deadline-Ms: 0\r\n')
    expect(reason).to.equal('total-timeout')
    expect(ms).to.be.below(1_000)
  })

  it('pass on what cannot be read, and add none of their own', async () => {
    const { ask, origins } = await start([[ok()]])
    await ask('X-Request-Deadline-Ms: soon\r\ngrpc-timeout: 5x\r\n')
    await ask()
    const [odd, plain] = origins[0]!.requests
    expect(odd!.head).to.include('X-Request-Deadline-Ms: soon\r\ngrpc-timeout: 5x\r\n')
    expect(plain!.head).not.to.match(/deadline|grpc/i)
  })

  it('and Connection that names one: it goes, as what is named does', async () => {
    const { ask, origins } = await start([[ok()]])
    await ask('Idempotency-Key: 7\r\nConnection: idempotency-key\r\n')
    expect(origins[0]!.requests[0]!.head).not.to.match(/idempotency/i)
  })
})
