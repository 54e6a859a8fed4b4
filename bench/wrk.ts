// How wrk is called, and the script that makes it say its results in one line.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cell } from './cells.ts'

/** One thread: the cores are for the proxy and the origin. */
export function wrkLine(program: string, folder: string) {
  return (port: number, cell: Cell, seconds: number): string[] => {
    const file = join(folder, `${cell.name}.lua`)
    writeFileSync(file, script(cell.upload))
    const url = `http://127.0.0.1:${port}${cell.path}`
    return [program, '-t1', `-c${cell.connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', file, url]
  }
}

/** No `request` and no `response` function: those would run Lua for each request. wrk counts times in microseconds. */
function script(upload: number | undefined): string {
  const post = `wrk.method = 'POST'
wrk.body = string.rep('x', ${upload})
wrk.headers['Content-Type'] = 'application/octet-stream'
`
  return `${upload === undefined ? '' : post}
function done(summary, latency)
  local e = summary.errors
  io.write('\\nTALLY ', string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50":%.4f,"p99":%.4f,"badStatus":%d,"socketErrors":%d}\\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
`
}
