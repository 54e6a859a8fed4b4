/** A real browser, where there is one. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const executablePath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap(folder => NAMES.map(name => join(folder, name)))
  .find(path => existsSync(path))

/** For the title of a test. */
export const browserNote = executablePath === undefined ? ' (not tried: no chromium on the PATH)' : ''

/** Undefined when there is none on the PATH. */
export async function openBrowser(): Promise<Browser | undefined> {
  if (executablePath === undefined) return undefined
  // Where tests run as root there is no sandbox.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}
