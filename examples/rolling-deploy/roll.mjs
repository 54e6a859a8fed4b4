// `node roll.mjs PORT...`: starts the app on each port, and, whenever Enter is pressed, restarts them one by one. What
// systemd, pm2 or Kubernetes do for you; here you can read it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

const { ADMIN = 'http://127.0.0.1:4191' } = process.env
const running = new Map()

function start(port) {
  const app = new URL('app.mjs', import.meta.url).pathname
  running.set(port, spawn(process.execPath, [app], { env: { ...process.env, PORT: port }, stdio: 'inherit' }))
}

async function restart(port) {
  const old = running.get(port)
  const exit = once(old, 'exit')
  old.kill('SIGTERM')
  const [code] = await exit
  // `drain` ends with 0 when all that was under way has been answered.
  if (code !== 0) throw new Error(`the app on ${port} ended with ${code}`)
  start(port)
  // The next one has to wait until the balancer gives this one requests again.
  while (!(await isReady(port))) await sleep(100)
  console.log(`restarted ${port}`)
}

async function isReady(port) {
  const { services } = await fetch(`${ADMIN}/status`).then(answer => answer.json())
  return services[0].members.find(member => member.address.endsWith(`:${port}`)).state === 'ready'
}

const ports = process.argv.slice(2)
for (const port of ports) start(port)
for await (const _ of createInterface({ input: process.stdin })) {
  for (const port of ports) await restart(port)
  console.log('all are new')
}
for (const app of running.values()) app.kill('SIGTERM')
