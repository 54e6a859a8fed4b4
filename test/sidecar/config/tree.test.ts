// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables are the configuration's
import { expect } from 'chai'
import { itTells, services, told, top } from './told.ts'

describe('config: what YAML gets wrong', () => {
  itTells([
    ['a missing quote', 'listeners: [{ listen: "l:1 }]', 'f:1:30: not valid YAML: missing closing "quote'],
    [
      'a tab',
      `
        listeners:
        	- listen: l:1
      `,
      'f:2:1: not valid YAML: tabs are not allowed as indentation',
    ],
    [
      'two mistakes on two lines',
      `
        listeners: @
        services: \`
      `,
      `
        f:1:12: not valid YAML: plain value cannot start with reserved character @
        f:2:11: not valid YAML: plain value cannot start with reserved character \`
      `,
    ],
    [
      'a second document',
      `
        grace: 1s
        ---
        grace: 2s
      `,
      'f:2:1: not valid YAML: a second document; expected one',
    ],
    ['an unknown tag', 'grace: !time 5s', 'f:1:8: not valid YAML: unresolved tag: !time'],
    [
      'an IPv6 address without quotes',
      `
        listeners:
          - listen: [::1]:4140
      `,
      'f:2:18: not valid YAML: unexpected scalar at node end; an IPv6 address needs quotes: "[::1]:4140"',
    ],
    [
      'a variable in a flow without quotes',
      'services: { web: { endpoints: [${HOST}:1] } }',
      'f:1:33: not valid YAML: missing , or : between flow sequence items; between [ ] or { }, a value with a ${VARIABLE} needs quotes',
    ],
    [
      'a duplicate key',
      services(`
        web:
          endpoints: ["x:1"]
          balance: round-robin
          balance: peak-ewma
      `),
      'f:6:5: services.web.balance: is given twice; the first is on line 5',
    ],
    [
      'a duplicate service, whose first has a mistake too',
      services(`
        web:
          endpoints: []
        web: { endpoints: ["x:1"] }
      `),
      `
        f:4:16: services.web.endpoints: is empty; expected at least one endpoint
        f:5:3: services.web: is given twice; the first is on line 3
      `,
    ],
    [
      'an alias without anchor',
      services('web: { endpoints: *there }'),
      'f:3:21: services.web.endpoints: there is no anchor &there',
    ],
    [
      'a merge without anchor, and nothing of what is missing for it',
      services(`
        web: { <<: *usual }
        api: { <<: [*usual, *other], health: { <<: *usual }, balance: best }
      `),
      `
        f:3:10: services.web.<<: there is no anchor &usual
        f:4:10: services.api.<<: there is no anchor &usual
        f:4:10: services.api.<<: there is no anchor &other
        f:4:42: services.api.health.<<: there is no anchor &usual
        f:4:65: services.api.balance: "best" is not a balancer; expected one of least-connections, round-robin, two-choices, peak-ewma, or { hash: ... }
      `,
    ],
    [
      'a merge without anchor, of all services',
      `
        listeners: [{ listen: "l:1", service: web }]
        services: { <<: *usual }
      `,
      'f:2:13: services.<<: there is no anchor &usual',
    ],
    [
      'a space left out behind a key',
      `
        listeners:
          - listen:127.0.0.1:4140
            service: web
          - service: web
            listen:127.0.0.1:4140
        services: {}
      `,
      `
        f:2:5: not valid YAML: implicit keys need to be on a single line; a space is missing behind "listen:"
        f:5:5: not valid YAML: implicit map keys need to be followed by map values; a space is missing behind "listen:"
      `,
    ],
    [
      'a merge of no map',
      services('web: { endpoints: ["x:1"], <<: 5 }'),
      'f:3:30: services.web.<<: expected an alias of another map, like *web',
    ],
    [
      'a merge of itself',
      services('web: &w { endpoints: ["x:1"], <<: *w }'),
      'f:3:33: services.web.<<: expected an alias of another map, like *web',
    ],
  ])
})

describe('config: variables that cannot be put in', () => {
  it('because what they hold does not fit', () => {
    expect(told(top('grace: ${FIVE}'), { FIVE: '5' })).to.equal('f:3:8: grace: 5 has no unit; write 5s or 5ms')
  })

  itTells([
    [
      'not set, and nothing else said of the value',
      services('web: { endpoints: ["${A}:1", "${B}"] }'),
      `
        f:3:22: services.web.endpoints[0]: environment variable A is not set; set it, or write \${A:-default}
        f:3:32: services.web.endpoints[1]: environment variable B is not set; set it, or write \${B:-default}
      `,
    ],
    [
      'badly written',
      top('admin: ${A'),
      'f:3:8: admin: "${A" is not a variable; expected ${NAME} or ${NAME:-default}, or $${ for a literal ${',
    ],
    [
      'not set in a value that an alias repeats',
      services(`
        a: { endpoints: &e ["\${A}"] }
        b: { endpoints: *e }
      `),
      `
        f:3:23: services.a.endpoints[0]: environment variable A is not set; set it, or write \${A:-default}
        f:3:23: services.b.endpoints[0]: environment variable A is not set; set it, or write \${A:-default}
      `,
    ],
  ])
})

describe('config: places', () => {
  it('are right in a file with CRLF', () => {
    expect(told('grace: 5\r\nadmin: 5\r\n# end\r\n'))
      .to.match(/^f:1:8: grace: 5 has no unit.*$/m)
      .and.match(/^f:2:8: admin: 5 is/m)
  })

  // A yaml.LineCounter says 7:27 here.
  it('are right after a scalar over two lines that YAML refuses', () => {
    expect(told('!!set  { listen: 127.0.0}0 }\nservices:\n  a: &x\n    b: [10.0.0.7:3001]\n  c: [1')).to.include(
      '\nf:5:',
    )
  })

  itTells([
    [
      'of what is wrong behind an alias',
      services(`
        a: { endpoints: ["x:1"], timeouts: &t { head: 5 } }
        b: { endpoints: ["x:1"], timeouts: *t }
      `),
      `
        f:3:49: services.a.timeouts.head: 5 has no unit; write 5s or 5ms
        f:3:49: services.b.timeouts.head: 5 has no unit; write 5s or 5ms
      `,
    ],
  ])
})

describe('config: what is too much', () => {
  it('a file that no editor would show', () => {
    expect(told(' '.repeat(2 ** 20 + 1))).to.equal('f: is over 1 MiB; no configuration is')
  })

  // Composing so many brackets ends the process: the test is that there is something left to report.
  for (const [what, deep] of [
    ['brackets', '['.repeat(20_000)],
    ['brackets that are closed', '['.repeat(20_000) + ']'.repeat(20_000)],
    ['dashes', '- '.repeat(20_000)],
    ['maps', Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ] as const) {
    it(`${what} within ${what}`, () => {
      expect(told(`listeners:\n ${deep.replaceAll('\n', '\n ')}`)).to.equal(
        'f:1:1: the file is nested more than 32 deep',
      )
    })
  }

  const levels = Array.from({ length: 9 }, (_, i) => i)
  it('aliases of aliases', () => {
    const laugh = levels.map(i => `a${i}: &a${i} [${Array(10).fill(i === 0 ? '1' : `*a${i - 1}`)}]`).join('\n')
    expect(told(laugh)).to.equal('f:1:1: the file stands for more than 100000 values')
  })

  it('merges of merges', () => {
    const laugh = levels.map(i => `a${i}: &a${i} { <<: [${Array(10).fill(i === 0 ? '{}' : `*a${i - 1}`)}] }`).join('\n')
    expect(told(laugh)).to.equal('f:1:1: the file stands for more than 100000 values')
  })

  it('but a thousand endpoints are not', () => {
    const many = Array.from({ length: 1_000 }, (_, i) => `    - { address: "x:${i + 1}", weight: 2 }`).join('\n')
    expect(told(services(`web:\n  endpoints:\n${many}`))).to.equal('nothing')
  })
})

describe('config: what is no configuration at all', () => {
  itTells([
    [
      'empty',
      '',
      'f: is empty; the shortest useful file has a listener and a service with endpoints, see docs/configuration.md',
    ],
    [
      'only comments',
      `
        # nothing
      `,
      'f: is empty; the shortest useful file has a listener and a service with endpoints, see docs/configuration.md',
    ],
    [
      'a list',
      `
        - a
      `,
      'f:1:1: a list is not a map; expected a map with one of admin, delay, grace, log, listeners, services',
    ],
    [
      'text',
      'hello',
      'f:1:1: "hello" is not a map; expected a map with one of admin, delay, grace, log, listeners, services',
    ],
    [
      'listeners and services missing',
      'grace: 1s',
      `
        f:1:1: listeners: is missing
        f:1:1: services: is missing
      `,
    ],
    [
      'no listeners, no services',
      `
        listeners: []
        services: {}
      `,
      `
        f:1:12: listeners: is empty; expected at least one listener
        f:2:11: services: is empty; expected at least one service with its endpoints
      `,
    ],
    [
      'sections without a value',
      `
        listeners:
        services:
        log:
      `,
      `
        f:1:1: listeners: has no value; give it one, or leave it out
        f:2:1: services: has no value; give it one, or leave it out
        f:3:1: log: has no value; give it one, or leave it out
      `,
    ],
    [
      'the wrong kind everywhere',
      `
        listeners: 1
        services: [web]
        log: info
        admin: true
      `,
      `
        f:1:12: listeners: 1 is not a list of listeners; expected at least one listener
        f:2:11: services: a list is not a map of services; expected a map by name: write "web:" in place of a dash
        f:3:6: log: "info" is not a map; expected a map with one of level, access
        f:4:8: admin: true is not an address; expected host:port, "[::1]:port", unix:/path or false
      `,
    ],
    [
      'an alias within itself',
      `
        listeners: &l [*l]
        services: { web: { endpoints: ["x:1"] } }
      `,
      'f:1:16: listeners[0]: *l contains itself',
    ],
  ])
})
