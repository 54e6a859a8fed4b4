import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'
import { linesOf, MAX_LINES, type Tree, violations } from './architecture/rules.ts'
import { importsOf } from './architecture/source.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('architecture', () => {
  const tree = readTree()

  it('is kept: layers, purity, no cycles, small files, honest names', () => {
    assert.isAbove(tree.files.size, 10, 'found no sources, so nothing was checked')
    const found = violations(tree)
    assert.isEmpty(found, `\n${found.join('\n')}\n`)
  })

  after(() => {
    const sizes = [...tree.files]
      .filter(([path]) => /^(?:sidecar|middleware)\//.test(path))
      .map(([path, text]) => ({ path, lines: linesOf(text) }))
      .sort((a, b) => a.lines - b.lines)
    const { path, lines } = sizes.at(-1)!
    console.log(
      `${sizes.length} source files, median ${sizes[sizes.length >> 1]!.lines} lines, longest ${path} (${lines})`,
    )
  })
})

describe('architecture: the checker itself', () => {
  const seeded: Record<string, [Record<string, string>, RegExp]> = {
    'model importing another layer': [
      { 'sidecar/model/a.ts': "import { b } from '../balance/b.ts'", 'sidecar/balance/b.ts': '' },
      /^sidecar\/model\/a\.ts:1 imports .* model may import nothing$/,
    ],
    'balance reaching sideways': [
      { 'sidecar/balance/a.ts': "import '../resilience/b.ts'" },
      /balance may import model$/,
    ],
    'types are imports too': [
      { 'sidecar/balance/a.ts': "\nimport type { B } from '../cluster/b.ts'" },
      /^sidecar\/balance\/a\.ts:2 imports .* balance may import model$/,
    ],
    're-exports are imports too': [
      { 'sidecar/model/a.ts': "export * from '../http1/b.ts'" },
      /model may import nothing/,
    ],
    'so are dynamic imports': [
      { 'sidecar/model/a.ts': "const b = await import('../http1/b.ts')" },
      /model may import nothing/,
    ],
    'and imports in the type position': [
      { 'sidecar/model/a.ts': "type B = import('../http1/b.ts').B" },
      /model may import nothing/,
    ],
    'telemetry pulled in from below': [
      { 'sidecar/proxy/a.ts': "import { log } from '../telemetry/log.ts'" },
      /proxy may import model, resilience, cluster, http1$/,
    ],
    'the pin used outside of affinity.ts': [
      { 'sidecar/proxy/handle.ts': "import { pin } from '../../middleware/pin.ts'" },
      /proxy may import/,
    ],
    'a value where only types may cross': [
      { 'sidecar/config/a.ts': "import { Cluster } from '../cluster/cluster.ts'" },
      /config may import model, types of cluster$/,
    ],
    'a layer without a rule': [{ 'sidecar/magic/a.ts': '' }, /sidecar\/magic has no import rule yet/],
    'the sidecar importing the composition root': [
      { 'sidecar/admin/a.ts': "import '../sidecar.ts'" },
      /admin may import model, telemetry/,
    ],
    'the sidecar importing a test': [{ 'sidecar/sidecar.ts': "import '../test/a.ts'" }, /not part of the package/],
    'middleware importing the sidecar': [
      { 'middleware/a.ts': "import '../sidecar/model/a.ts'" },
      /middleware imports middleware only/,
    ],
    'middleware forwarding by more than the wire': [
      { 'middleware/sticky/forward.ts': "import '../../sidecar/proxy/a.ts'" },
      /middleware imports middleware only; its sticky\/forward\*\.ts also http1 and model/,
    ],
    'anybody importing the command': [{ 'bench/a.ts': "import '../sidecar/bin.ts'" }, /nobody imports the command/],
    'Node in a pure layer': [{ 'sidecar/cluster/a.ts': "import { join } from 'node:path'" }, /cluster is pure/],
    'a package in a pure layer': [{ 'sidecar/model/a.ts': "import { z } from 'zod'" }, /model is pure/],
    'a package that belongs to another layer': [
      { 'sidecar/http1/a.ts': "import pino from 'pino'" },
      /http1 may import no package$/,
    ],
    'a development dependency in what is shipped': [
      { 'sidecar/sidecar.ts': "import express from 'express'" },
      /express is not in dependencies/,
    ],
    'a file that imports itself': [{ 'bench/a.ts': "import './a.ts'" }, /^import cycle: bench\/a\.ts -> bench\/a\.ts$/],
    'a cycle, of types as well': [
      {
        'test/a.ts': "import type { B } from './b.ts'",
        'test/b.ts': "import { c } from './c.ts'",
        'test/c.ts': "export type { A } from './a.ts'",
      },
      /^import cycle: test\/a\.ts -> test\/b\.ts -> test\/c\.ts -> test\/a\.ts$/,
    ],
    'a long file': [{ 'test/a.test.ts': '\n'.repeat(MAX_LINES + 1) }, /has 351 lines; 350 is the limit/],
    'a drawer for everything': [{ 'bench/utils.ts': '' }, /name it after what it does/],
    'a folder of that kind': [{ 'sidecar/http1/common/a.ts': '' }, /name it after what it does/],
    'such a name for tests': [{ 'test/helpers.test.ts': '' }, /name it after what it does/],
    'an I before the name': [{ 'test/a.ts': 'export interface IStore {}' }, /IStore needs no I/],
    'an import without .ts': [{ 'test/a.ts': "import './b'" }, /relative imports end in \.ts/],
    'an import of .js': [{ 'test/a.ts': "import { b } from './b.js'" }, /relative imports end in \.ts/],
  }
  for (const [what, [files, message]] of Object.entries(seeded)) {
    it(`flags ${what}`, () => {
      const found = violations(fixture(files))
      assert.lengthOf(found, 1, found.join('\n'))
      assert.match(found[0]!, message)
    })
  }

  for (const code of [
    'Date.now()',
    'new Date()',
    'performance.now()',
    'Math.random()',
    'Math . random()',
    'setTimeout(f, 1)',
    'setInterval(f, 1)',
    'setImmediate(f)',
    'clearTimeout(t)',
    'queueMicrotask(f)',
    'process.env',
    'console.log(1)',
    'await fetch(u)',
    'globalThis.Date',
    'AbortSignal.timeout(1)',
    'import.meta.url',
    'crypto.randomUUID()',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: code that is looked at, not run
    '`at ${Date.now()}`',
    "'it'; /* it's */ Date.now() // '",
    '/[/"]/.test(x) && Date.now()',
    'a / b / Date.now()',
  ]) {
    it(`flags in a pure layer: ${code}`, () => {
      const found = violations(fixture({ 'sidecar/balance/a.ts': `\nconst x = ${code}\n` }))
      assert.lengthOf(found, 1, found.join('\n'))
      assert.match(found[0]!, /^sidecar\/balance\/a\.ts:2 uses .*: balance is pure/)
    })
  }

  for (const [what, files] of Object.entries<Record<string, string>>({
    'a lower layer': { 'sidecar/cluster/a.ts': "import { b } from '../balance/b.ts'" },
    'its own layer': { 'sidecar/model/a.ts': "import type { B } from './b.ts'" },
    'Node where there is I/O': { 'sidecar/http1/a.ts': "import net from 'node:net'" },
    'a package of the layer': { 'sidecar/config/a.ts': "import { z } from 'zod/mini'" },
    'types across': { 'sidecar/admin/a.ts': "import type { Member } from '../cluster/member.ts'" },
    'the pin in affinity.ts': { 'sidecar/proxy/affinity.ts': "import { pin } from '../../middleware/pin.ts'" },
    'the wire in what forwards for the middleware': {
      'middleware/sticky/forward.ts': "import '../../sidecar/http1/a.ts'",
      'middleware/sticky/forward-upgrade.ts': "import type { B } from '../../sidecar/model/b.ts'",
    },
    'all layers in the composition root': {
      'sidecar/sidecar.ts': "import '../middleware/pin.ts'\nimport './proxy/a.ts'",
    },
    'impure words in comments, strings, members': {
      'sidecar/model/a.ts':
        "// Math.random\n/* Date */ const a = 'setTimeout'\nb.process()\nc = /fetch/\nconst startDate = 1",
    },
    'the words import and from in strings': { 'sidecar/model/a.ts': 'const a = "import x from \'y\'"' },
    'two ways to one file': {
      'test/a.ts': "import './b.ts'\nimport './c.ts'",
      'test/b.ts': "import './d.ts'",
      'test/c.ts': "import './d.ts'",
      'test/d.ts': '',
    },
    'names that begin with I': { 'test/a.ts': 'interface Import {}\ninterface IPv4 {}\ntype IoError = 1' },
    'a file at the limit': { 'test/a.ts': '\n'.repeat(MAX_LINES) },
  })) {
    it(`leaves alone ${what}`, () => assert.deepEqual(violations(fixture(files)), []))
  }

  it('reads every form of import', () => {
    const text = [
      "import a, { type b } from './1.ts'",
      "import './2.ts'",
      'import type {\n  c,\n} from "./3.ts"',
      "export type D = string\nexport { e } from './4.ts'",
      "const f = await import('./5.ts')",
      "const g = require('./6.ts')",
      "const h = Buffer.from('./7.ts')",
    ].join('\n')
    assert.deepEqual(
      importsOf(text).map(({ specifier, line, typeOnly }) => [specifier, line, typeOnly]),
      [
        ['./1.ts', 1, false],
        ['./2.ts', 2, false],
        ['./3.ts', 5, true],
        ['./4.ts', 7, false],
        ['./5.ts', 8, false],
        ['./6.ts', 9, false],
      ],
    )
  })
})

function fixture(files: Record<string, string>): Tree {
  return { files: new Map(Object.entries(files)), dependencies: ['pino', 'zod'] }
}

function readTree(): Tree {
  const folders = ['sidecar', 'middleware', 'test', 'bench', 'demo', 'examples', 'fuzz', 'scripts']
  const present = readdirSync(root).filter(name => folders.includes(name))
  const paths = present.flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => /\.[cm]?[jt]s$/.test(name) && !name.includes('node_modules'))
      .map(name => `${folder}/${name.replaceAll('\\', '/')}`),
  )
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  return {
    files: new Map(paths.sort().map(path => [path, readFileSync(join(root, path), 'utf8')])),
    dependencies: Object.keys(dependencies),
  }
}
