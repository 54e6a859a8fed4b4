// `node freezer.mjs PID`: while this process lives, that one is stopped. Frozen itself, it could not notice that the demo is
// gone; this one can, and lets go of it however it ends.
const pid = Number(process.argv[2])

process.once('SIGTERM', () => process.exit())
process.once('exit', () => signal('SIGCONT'))
signal('SIGSTOP')
console.log(JSON.stringify({ msg: 'ready', listeners: [] }))
setInterval(() => {}, 60_000)

function signal(name) {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone: there is nothing to let go of.
  }
}
