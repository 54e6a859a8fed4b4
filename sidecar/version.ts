import { readFileSync } from 'node:fs'

/** From package.json, which lies one level higher above the built file than above its source. */
export const VERSION: string = read()

function read(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
      if (name === 'outrigger') return version
    } catch {}
  }
  return 'unknown'
}
