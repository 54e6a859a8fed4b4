// `node load.mjs URL SECONDS`: twenty clients that count in their sessions, and look whether a count was lost.
import { setTimeout as sleep } from 'node:timers/promises'

const [url, seconds] = process.argv.slice(2)
const end = Date.now() + Number(seconds) * 1000
let [requests, failed, lost] = [0, 0, 0]

async function client() {
  let cookie = ''
  for (let count = 1; Date.now() < end; count++) {
    requests++
    const answer = await fetch(`${url}/count`, { method: 'POST', headers: { cookie } }).catch(() => undefined)
    if (answer?.ok !== true) failed++
    else {
      cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie
      const stored = Number(await answer.text())
      if (stored !== count) lost++
      count = stored
    }
    await sleep(100)
  }
}

await Promise.all(Array.from({ length: 20 }, client))
console.log(`${requests} requests, ${failed} failed, ${lost} counts lost`)
