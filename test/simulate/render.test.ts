import { expect } from 'chai'
import { renderMarkdown, renderText, settingLine } from '../../simulate/render.ts'

describe('simulate/render', () => {
  const long = Array.from({ length: 40 }, (_, i) => `word-${i}`).join(' ')
  const table = { title: 'two-choices', head: ['load', 'ours'], rows: [['0.5', '1.27']], notes: ['Short.', long] }

  it('says by which seed it can be had again', () => {
    expect(settingLine({ seed: 7, scale: 1 })).to.equal('Seed 7.')
    expect(settingLine({ seed: 7, scale: 0.05 })).to.match(/^Seed 7, .*no figures/)
  })

  it('fits notes into a terminal, and loses no word', () => {
    const text = renderText(table)
    expect(text).to.include('load  ours\n 0.5  1.27\n- Short.\n- word-0 ')
    const lines = text.split('\n')
    expect(Math.max(...lines.map(line => line.length))).to.be.at.most(112)
    expect(text.replaceAll(/\s+/g, ' ')).to.include(long)
  })

  it('is Markdown for the documentation', () => {
    const page = renderMarkdown({ seed: 7, scale: 1 }, [table, table])
    expect(page).to.match(/^Seed 7\.\n\n\*\*two-choices\*\*\n\n\| load \| ours \|\n\|--:\|--:\|\n/)
    expect(page.match(/\*\*two-choices\*\*/g)).to.have.length(2)
  })
})
