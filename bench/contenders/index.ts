import type { Contender } from './contender.ts'
import { envoy } from './envoy.ts'
import { haproxy } from './haproxy.ts'
import { nginx } from './nginx.ts'
import { nodeProxy } from './node-proxy.ts'
import { before, outrigger } from './outrigger.ts'

/** In the order of the table. The first is the one that all others are compared with. */
export const contenders: readonly Contender[] = [
  outrigger,
  before,
  haproxy,
  nginx,
  envoy,
  nodeProxy('http-proxy'),
  nodeProxy('httpxy'),
]
