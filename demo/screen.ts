// Where the frames go. On a terminal each is drawn over the last, from the top of the screen: a resized window or a
// pressed Enter spoils one frame only. What was on the screen before is scrolled up, not lost.
import type { WriteStream } from 'node:tty'
import type { Site } from './site.ts'
import { type Frame, type Happening, heading, LINE_LEGEND, line, painted, plain, table, told } from './table.ts'

export interface Screen {
  show(frame: Frame): void
  tell(happening: Happening): void
  /** The last frame stays, and what is printed next stands below it. */
  close(): void
}

export function openScreen(output: WriteStream, site: Site): Screen {
  return output.isTTY && process.env.TERM !== 'dumb' ? inPlace(output, site) : lineByLine(output, site)
}

function inPlace(output: WriteStream, site: Site): Screen {
  const paint = process.env.NO_COLOR ? plain : painted
  const restore = () => output.write(SHOW_CURSOR)
  process.once('exit', restore)
  const head = [...heading(site, paint), '']
  const happenings: string[] = []
  let last: string[] = []
  const draw = () => {
    const lines = [...head, ...happenings, ...last]
    // A terminal that does not know its size says 0.
    const { columns, rows } = { columns: output.columns || 80, rows: output.rows || 24 }
    const shown = lines.slice(0, rows - 2).map(text => `${cut(text, columns)}${TO_LINE_END}\n`)
    output.write(`${HOME}${shown.join('')}${TO_SCREEN_END}`)
  }
  output.write(HIDE_CURSOR + '\n'.repeat(output.rows))
  draw()
  return {
    show(frame) {
      last = table(frame, paint)
      draw()
    },
    tell(happening) {
      // Once there is one there is room for all that will be shown: what stands below does not move any more.
      if (happenings.length === 0) happenings.push(...Array(HAPPENINGS + 1).fill(''))
      happenings.splice(0, 1)
      happenings.splice(-1, 0, told(happening))
      draw()
    },
    close() {
      process.removeListener('exit', restore)
      restore()
    },
  }
}

function lineByLine(output: WriteStream, site: Site): Screen {
  for (const text of [...heading(site, plain), LINE_LEGEND, '']) output.write(`${text}\n`)
  return {
    show: frame => output.write(`${line(frame)}\n`),
    tell: happening => output.write(`${told(happening)}\n`),
    close: () => {},
  }
}

/** To the width of the terminal; what colours a text takes no room. */
function cut(text: string, width: number): string {
  let room = width
  const parts = text.split(/(\x1b\[\d+m)/)
  return parts
    .map((part, i) => {
      if (i % 2 === 1) return part
      const kept = part.slice(0, Math.max(0, room))
      room -= kept.length
      return kept
    })
    .join('')
}

/** As many of the last ones as are shown. */
const HAPPENINGS = 4
const HIDE_CURSOR = '\x1b[?25l'
const SHOW_CURSOR = '\x1b[?25h'
const HOME = '\x1b[H'
const TO_LINE_END = '\x1b[K'
const TO_SCREEN_END = '\x1b[J'
