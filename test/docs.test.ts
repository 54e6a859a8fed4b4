import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert } from 'chai'

const root = fileURLToPath(new URL('..', import.meta.url))
const README_LINES = 150

describe('docs', () => {
  const files = walk('')
  const pages = new Map(files.filter(path => path.endsWith('.md')).map(path => [path, read(path)]))

  it('have a README of less than 150 lines', () => {
    assert.isTrue(pages.has('README.md'), 'README.md is missing')
    assert.isBelow(pages.get('README.md')!.split('\n').length, README_LINES)
  })

  it('link only to files and headings that exist', () => {
    assert.deepEqual(
      brokenLinks(pages, path => existsSync(root + path)),
      [],
    )
  })

  it('can all be reached from the README', () => {
    const unreached = [...pages.keys()].filter(path => path.startsWith('docs/') && !reached(pages).has(path))
    assert.deepEqual(unreached, [])
  })

  it('name only commands that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json'))
    assert.isEmpty([...pages].flatMap(([path, text]) => unknownCommands(path, text, Object.keys(scripts))))
  })

  it('and sources name nothing of the machine they were written on', () => {
    assert.isEmpty(files.flatMap(path => localTraces(path, read(path))))
  })
})

describe('docs: the checker itself', () => {
  const pages = new Map([
    ['README.md', '# Title\n[a](docs/a.md#two-words) [b](docs/b.md) [c](docs/a.md#none) <img src="docs/gone.png">\n'],
    [
      'docs/a.md',
      '## Two *words*!\n[up](../README.md#title) [own](#two-words) [gone](../gone.md) [web](https://x.y/#z)\n',
    ],
    ['docs/lost.md', '# Lost\n```md\n[not a link](nowhere.md)\n```\n'],
  ])

  it('flags links into nothing', () => {
    assert.deepEqual(
      brokenLinks(pages, path => pages.has(path)),
      [
        'README.md links to docs/b.md, which is not there',
        'README.md links to docs/a.md#none: no such heading',
        'README.md links to docs/gone.png, which is not there',
        'docs/a.md links to ../gone.md, which is not there',
      ],
    )
  })

  it('flags a page that nothing links to', () => {
    assert.deepEqual([...reached(pages)], ['README.md', 'docs/a.md'])
  })

  it('flags commands that do not exist', () => {
    assert.deepEqual(unknownCommands('a.md', '`npm run lint`, `npm run fly -- x`, `npm start`', ['lint', 'test']), [
      'a.md names npm run fly',
      'a.md names npm start',
    ])
  })

  for (const trace of [
    ['', 'root', 'x'],
    ['cd ', 'work', 'x'],
    ["'", 'home', 'jane', 'x'],
    ['(', 'Users', 'jane', 'x'],
    ['https:', '', 'registry.corp.example', 'x'],
    ['http:', '', 'npm-mirror.local', 'x'],
  ]) {
    const text = trace.join('/')
    it(`flags ${text}`, () => assert.lengthOf(localTraces('a.md', text), 1))
  }

  it('leaves alone addresses that everybody has', () => {
    assert.isEmpty(localTraces('a.md', 'https://github.com/x/y /tmp/x src/work/x network/root node_modules/.bin'))
  })
})

/** Everything that would be committed; not by git, which a copy of the tree need not have. */
function walk(folder: string): string[] {
  const ignored = ['node_modules', 'dist', '.git', '.outrigger', 'coverage']
  return readdirSync(root + folder, { withFileTypes: true })
    .filter(({ name }) => !ignored.includes(name) && !name.endsWith('.log'))
    .flatMap(entry => {
      const path = posix.join(folder, entry.name)
      if (entry.isDirectory()) return walk(path)
      return entry.isFile() && statSync(root + path).size < 1_000_000 ? [path] : []
    })
    .sort()
}

function read(path: string): string {
  return readFileSync(root + path, 'utf8')
}

function proseOf(text: string): string {
  return text
    .replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '')
    .replaceAll(/`[^`\n]+`/g, code => code.replaceAll(/[[\]()]/g, ' '))
}

function linksOf(text: string): string[] {
  const found = [
    ...proseOf(text).matchAll(
      /\]\(\s*<?([^)\s>]+)>?[^)]*\)|\b(?:src|href|srcset)="([^"]+)"|^ {0,3}\[[^\]]+\]:\s*(\S+)/gm,
    ),
  ]
  return found.map(match => (match[1] ?? match[2] ?? match[3])!).filter(link => !/^[a-z][a-z0-9+.-]*:/i.test(link))
}

/** As GitHub derives them; a heading that comes twice gets -1. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>()
  const headings = [...text.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)]
  const anchors = headings.map(([, heading]) => {
    const plain = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
    const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-')
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return times === 0 ? slug : `${slug}-${times}`
  })
  return new Set([...anchors, ...[...text.matchAll(/\b(?:id|name)="([^"]+)"/g)].map(([, id]) => id!)])
}

function target(page: string, link: string): { path: string; anchor: string } {
  const [file = '', anchor = ''] = decodeURI(link).split('#')
  return { path: file === '' ? page : posix.join(posix.dirname(page), file), anchor }
}

function brokenLinks(pages: ReadonlyMap<string, string>, exists: (path: string) => boolean): string[] {
  return [...pages].flatMap(([page, text]) =>
    linksOf(text).flatMap(link => {
      const { path, anchor } = target(page, link)
      if (!exists(path)) return [`${page} links to ${link}, which is not there`]
      const there = pages.get(path)
      if (anchor === '' || there === undefined || anchorsOf(there).has(anchor)) return []
      return [`${page} links to ${link}: no such heading`]
    }),
  )
}

function reached(pages: ReadonlyMap<string, string>): Set<string> {
  const found = new Set(['README.md'])
  for (const page of found) {
    for (const link of linksOf(pages.get(page) ?? '')) {
      const { path } = target(page, link)
      if (pages.has(path)) found.add(path)
    }
  }
  return found
}

function unknownCommands(page: string, text: string, scripts: readonly string[]): string[] {
  return [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
    .filter(match => !scripts.includes((match[1] ?? match[2])!))
    .map(([command]) => `${page} names ${command}`)
}

function localTraces(path: string, text: string): string[] {
  const folders = ['root', 'work', 'workspace', 'home/[a-z]\\w*', 'Users/\\w+'].join('|')
  const absolute = new RegExp(`(?<![\\w.$})\\]*-])/(?:${folders})/`)
  const registry =
    /https?:\/\/(?!registry\.npmjs\.org)[^\s/'"`)]*(?:registry|mirror|artifactory|nexus|verdaccio)[^\s/'"`)]*/i
  return [absolute, registry].flatMap(pattern => {
    const match = pattern.exec(text)
    return match === null ? [] : [`${path}: ${match[0]}`]
  })
}
