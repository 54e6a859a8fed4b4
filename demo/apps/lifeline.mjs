// Loaded into every process of the demo by `node --import`, the sidecars too: when the demo is gone, however it went,
// its end of the channel closes, and none of its processes stays behind.
import { isMainThread } from 'node:worker_threads'

// Threads are given the same --import, but have no channel.
if (isMainThread) {
  if (!process.connected) process.exit()
  process.once('disconnect', () => process.exit())
  process.channel.unref()
}
