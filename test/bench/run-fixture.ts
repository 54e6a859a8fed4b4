// A small run, made up.

import { cells } from '../../bench/cells.ts'
import type { Results, Row } from '../../bench/results.ts'

export const results: Results = {
  suite: 'proxy',
  setup: {
    date: '2026-11-20',
    machine: 'linux x64, 2 cores',
    node: 'v20.19.0',
    load: 'wrk 4.1.0',
    origin: 'nginx 1.22.1',
    rounds: 3,
    seconds: 4,
    accounting: true,
  },
  proxies: ['outrigger', 'haproxy', 'http-proxy'].map(name => ({ name, version: '1.0.0' })),
  skipped: { envoy: 'not on the PATH' },
  cells,
  samples: [],
  summary: [
    { cell: 'get1', rows: [row('outrigger'), row('haproxy', 1.1), row('http-proxy', 0.2)] },
    { cell: 'get32', rows: [row('outrigger'), row('haproxy', 1.3), row('http-proxy', 0.25)] },
  ],
  added: [
    { cell: 'get1', proxy: 'outrigger', p50: 0.06, ratio: undefined },
    { cell: 'get1', proxy: 'haproxy', p50: 0.03, ratio: 2 },
  ],
  memory: [{ proxy: 'outrigger', fresh: 40, loaded: 70, idle: 79.6, connections: 1000, problem: undefined }],
}

function row(proxy: string, cpu?: number): Row {
  return {
    proxy,
    median: { cpu: 20, perSecond: 1_000, p50: 1, p99: 2 },
    ratio: cpu === undefined ? undefined : { cpu, perSecond: 1, p50: 1, p99: 1 },
    problems: [],
  }
}
