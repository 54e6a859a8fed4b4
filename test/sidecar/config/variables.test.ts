// biome-ignore-all lint/suspicious/noTemplateCurlyInString: that is the subject
import { expect } from 'chai'
import { substitute } from '../../../sidecar/config/variables.ts'

describe('config: variables in a text', () => {
  const env = { HOST: 'web', EMPTY: '', DOLLAR: '$$ ${HOST}', _x1: 'low' }
  const good: [text: string, result: string][] = [
    ['plain', 'plain'],
    ['${HOST}', 'web'],
    ['${HOST}:${PORT:-80}', 'web:80'],
    ['${EMPTY}', ''],
    ['${EMPTY:-x}', 'x'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b c}', 'a:-b c'],
    ['${_x1}', 'low'],
    ['$${HOST}', '${HOST}'],
    ['$$$${HOST}', '$${HOST}'],
    ['$$${HOST}', '$web'],
    ['a $ b $HOST', 'a $ b $HOST'],
    // What a variable holds is not looked at again.
    ['${DOLLAR}', '$$ ${HOST}'],
  ]
  for (const [text, result] of good) {
    it(`${text} -> ${result}`, () => expect(substitute(text, env)).to.deep.equal({ text: result, problems: [] }))
  }

  const malformed = (whole: string) =>
    `"${whole}" is not a variable; expected \${NAME} or \${NAME:-default}, or $\${ for a literal \${`
  const bad: [text: string, ...problems: string[]][] = [
    ['${NONE}', 'environment variable NONE is not set; set it, or write ${NONE:-default}'],
    [
      '${A}${HOST}${B}',
      'environment variable A is not set; set it, or write ${A:-default}',
      'environment variable B is not set; set it, or write ${B:-default}',
    ],
    ['${constructor}', 'environment variable constructor is not set; set it, or write ${constructor:-default}'],
    ['${HOST', malformed('${HOST')],
    ['${}', malformed('${}')],
    ['${1A}', malformed('${1A}')],
    ['${HOST-x}', malformed('${HOST-x}')],
    ['${ HOST }', malformed('${ HOST }')],
    ['${NONE:-${HOST}}', malformed('${NONE:-${HOST}')],
  ]
  for (const [text, ...problems] of bad) {
    it(`${text} is refused`, () => expect(substitute(text, env).problems).to.deep.equal(problems))
  }
})
