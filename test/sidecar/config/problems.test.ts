import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ConfigError, type Problem, parseConfig } from '../../../sidecar/config/load.ts'
import { formatPath } from '../../../sidecar/config/problems.ts'

describe('config: the error', () => {
  it('has its problems as data, in the order of the file, and as text', () => {
    const problems: Problem[] = [
      { file: 'f', line: 1, column: 1, path: 'services', message: 'is missing' },
      { file: 'f', line: 1, column: 8, path: 'grace', message: '5 has no unit; write 5s or 5ms' },
      { file: 'f', line: 2, column: 22, path: 'listeners[0].trust', message: 'is empty; to believe nobody, write 0' },
    ]
    const parse = () => parseConfig('grace: 5\nlisteners: [{ trust: [], listen: "l:1" }]', 'f')
    expect(parse).to.throw(ConfigError).that.deep.includes({ name: 'ConfigError', problems })
    expect(parse).to.throw(
      'f:1:1: services: is missing\n' +
        'f:1:8: grace: 5 has no unit; write 5s or 5ms\n' +
        'f:2:22: listeners[0].trust: is empty; to believe nobody, write 0',
    )
  })

  it('names keys so that they can be told apart', () => {
    expect(formatPath(['services', 'my-web', 'endpoints', 3, 'address'])).to.equal(
      'services.my-web.endpoints[3].address',
    )
    expect(formatPath(['services', 'a.b', 'x'])).to.equal('services["a.b"].x')
    expect(formatPath([])).to.equal('')
  })

  it('is the only one, whatever the text, and points into the text', () => {
    const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
    const full = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!)
    const scraps = [
      '[',
      ']',
      '{',
      '}',
      ': ',
      '- ',
      '&a ',
      '*a',
      '<<: ',
      '"',
      "'",
      '\n',
      '  ',
      '#',
      '5',
      '${',
      '~',
      '|\n',
      '!!set ',
      '? ',
    ]
    let seed = 7
    const dice = (sides: number) => (seed = (seed * 48_271) % 0x7fffffff) % sides
    let refused = 0
    for (let i = 0; i < 300; i++) {
      let text = full[i % full.length]!
      for (let n = dice(4) + 1; n > 0; n--) {
        const at = dice(text.length)
        text = text.slice(0, at) + scraps[dice(scraps.length)]! + text.slice(at + dice(3) * dice(8))
      }
      try {
        parseConfig(text, 'f', {})
      } catch (error) {
        if (!(error instanceof ConfigError)) throw new Error(`${JSON.stringify(text)}: ${(error as Error).stack}`)
        refused++
        const lines = text.split('\n')
        expect(error.problems).to.have.length.above(0)
        for (const { line, column } of error.problems) {
          if (line === 0) continue
          expect(line, text).to.be.within(1, lines.length)
          expect(column, text).to.be.within(1, lines[line - 1]!.length + 1)
        }
      }
    }
    expect(refused).to.be.within(150, 299)
  })
})
