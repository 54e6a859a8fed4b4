import { connect } from 'node:net'
import { type Checker, resultOf, whyAborted, whyFailed } from './check.ts'

/** Whether a connection is accepted; it is closed at once. It says that something listens, not that the app is well. */
export function createTcpCheck(): Checker {
  return {
    check(address, signal) {
      const began = performance.now()
      return new Promise(resolve => {
        const socket = connect(address)
        const end = (why?: string) => {
          signal.removeEventListener('abort', abort)
          socket.destroy()
          resolve(resultOf(why, began))
        }
        const abort = () => end(whyAborted(signal, 'connection'))
        socket.once('connect', () => end())
        socket.on('error', error => end(whyFailed(error)))
        if (signal.aborted) abort()
        else signal.addEventListener('abort', abort)
      })
    },
    close() {},
  }
}
