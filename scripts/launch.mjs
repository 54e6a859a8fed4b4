// Runs a script in a process of its own, and sees to it that it ends with what started it.
import { spawn } from 'node:child_process'

// What npm starts has npm for its parent. What a shell starts may outlive the shell, when it is told to.
const npm = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid

/** Resolves with the exit code. */
export function launch(args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  // Nobody sends a signal when npm alone is killed.
  const watch = npm === undefined ? undefined : setInterval(() => process.ppid === npm || end('SIGTERM'), 1_000).unref()
  const end = signal => {
    // Whatever ends npm may end us too; a second signal would be the impatient one.
    clearInterval(watch)
    child.kill(signal)
  }
  process.on('SIGINT', () => {
    // A terminal sends ^C to the child as well; passed on, it would count as the second one.
    if (process.stdin.isTTY) clearInterval(watch)
    else end('SIGINT')
  })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => end(signal))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code === null ? (signal === 'SIGINT' ? 130 : 1) : code))
  })
}
