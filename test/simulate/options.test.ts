import { expect } from 'chai'
import { OptionsError, readOptions, usage } from '../../simulate/options.ts'

describe('simulate/options', () => {
  const known = new Map([
    ['heavy-tail', 'a few long requests'],
    ['two-choices', 'the law'],
  ])
  const read = (...args: string[]) => readOptions(args, known)

  it('run everything with a fixed seed by default', () => {
    expect(read()).to.deep.equal({
      ...{ names: ['heavy-tail', 'two-choices'], help: false, seed: 1, quick: false },
      ...{ json: false, markdown: false, update: false },
    })
  })

  it('take names, in our order, and a seed', () => {
    expect(read('two-choices', 'heavy-tail', '--seed', '77')).to.include({ seed: 77 })
    expect(read('two-choices', 'heavy-tail').names).to.deep.equal(['heavy-tail', 'two-choices'])
    expect(read('two-choices', '--quick', '--json').names).to.deep.equal(['two-choices'])
  })

  it('refuse what they do not know, and say what there is', () => {
    expect(() => read('lottery')).to.throw(OptionsError, /no experiment lottery\.[\s\S]*two-choices {2}the law/)
    expect(() => read('--loud')).to.throw(OptionsError, /--loud/)
    for (const seed of ['x', '-1', '1.5', '', '2147483648']) {
      expect(() => read(`--seed=${seed}`), seed).to.throw(OptionsError, /--seed wants/)
    }
  })

  it('refuse to write half of the page', () => {
    expect(() => read('--update', '--quick')).to.throw(OptionsError, /--update writes all/)
    expect(() => read('--update', 'two-choices')).to.throw(OptionsError, /--update writes all/)
    expect(read('--update').update).to.equal(true)
  })

  it('are all in the usage', () => {
    for (const word of ['--seed', '--quick', '--json', '--markdown', '--update', ...known.keys()]) {
      expect(usage(known)).to.include(word)
    }
  })
})
