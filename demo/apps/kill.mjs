// The button's other end: by the channel to the demo, which started all of them and is the one that may.
const waiting = new Map()
let asked = 0

process.on('message', ({ answer, killed }) => {
  waiting.get(answer)?.(killed)
  waiting.delete(answer)
})

/**
 * Resolves when the process is gone; never, when it is this one: whoever asked is then answered by another, which is told
 * that it is done. False: it was spared.
 */
export function kill(pid) {
  return new Promise(resolve => {
    waiting.set(++asked, resolve)
    process.send({ question: asked, kill: pid })
  })
}
