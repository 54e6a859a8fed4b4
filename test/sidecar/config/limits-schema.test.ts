import { expect } from 'chai'
import { itRefuses, serviceOf } from './told.ts'

describe('config: limits.endpointInFlight', () => {
  it('is a count, or unlimited', () => {
    const limitOf = (written: string) => serviceOf(`limits: { endpointInFlight: ${written} }`).limits.endpointInFlight
    expect(serviceOf('').limits.endpointInFlight).to.equal(Infinity)
    expect(limitOf('unlimited')).to.equal(Infinity)
    expect(limitOf('1')).to.equal(1)
  })

  const expected = 'is not allowed; expected a whole number, 1 to 1000000, or unlimited'
  itRefuses([
    ['limits: { endpointInFlight: 0 }', `limits.endpointInFlight: 0 ${expected}`],
    ['limits: { endpointInFlight: "7" }', `limits.endpointInFlight: "7" ${expected}. Did you mean 7, without quotes?`],
    ['limits: { endpointInFlight: false }', `limits.endpointInFlight: false ${expected}`],
    [
      'limits: { endpointInFlight: unlimted }',
      `limits.endpointInFlight: "unlimted" ${expected}. Did you mean "unlimited"?`,
    ],
    ['limits: { endpointInFlight: }', 'limits.endpointInFlight: has no value; give it one, or leave it out'],
  ])
})

describe('config: limits.adaptive', () => {
  const adaptiveOf = (limits: string) => serviceOf(`limits: { ${limits} }`).limits.adaptive

  it('is off by default', () => {
    expect(serviceOf('').limits.adaptive).to.equal(undefined)
    expect(adaptiveOf('adaptive: false')).to.equal(undefined)
  })

  it('goes from 4 to inFlight, unless told otherwise', () => {
    expect(adaptiveOf('adaptive: true')).to.deep.equal({ least: 4, most: 1_024 })
    expect(adaptiveOf('adaptive: {}')).to.deep.equal({ least: 4, most: 1_024 })
    expect(adaptiveOf('adaptive: true, inFlight: 64')).to.deep.equal({ least: 4, most: 64 })
    expect(adaptiveOf('adaptive: { least: 16 }, inFlight: 64')).to.deep.equal({ least: 16, most: 64 })
    expect(adaptiveOf('adaptive: { most: 32 }')).to.deep.equal({ least: 4, most: 32 })
    expect(adaptiveOf('adaptive: { least: 8, most: 8 }')).to.deep.equal({ least: 8, most: 8 })
  })

  it('starts lower where less is the limit', () => {
    expect(adaptiveOf('adaptive: true, inFlight: 2')).to.deep.equal({ least: 2, most: 2 })
    expect(adaptiveOf('adaptive: { most: 3 }')).to.deep.equal({ least: 3, most: 3 })
  })

  const expected = 'is not an adaptive limit; expected true, false or a map like { least: 4, most: 64 }'
  itRefuses([
    ['limits: { adaptive: 5 }', `limits.adaptive: 5 ${expected}`],
    ['limits: { adaptive: yes }', `limits.adaptive: "yes" ${expected}`],
    [
      'limits: { adaptive: { least: 0, most: many, lest: 1 } }',
      `
        limits.adaptive.least: 0 is not allowed; expected a whole number, 1 to 1000000
        limits.adaptive.most: "many" is not allowed; expected a whole number, 1 to 1000000
        limits.adaptive.lest: unknown key; expected one of least, most. Did you mean "least"?
      `,
    ],
  ])
})
