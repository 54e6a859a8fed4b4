// What `outrigger/sidecar` exports: for programs that start a sidecar themselves.

export { ConfigError, loadConfig, parseConfig } from './config/load.ts'
export { BindError } from './http1/bind.ts'
export type { ExchangeRecord } from './model/events.ts'
export type { Settings } from './model/settings.ts'
export type { Status } from './model/status.ts'
export { type Sidecar, type SidecarOptions, startSidecar } from './sidecar.ts'
