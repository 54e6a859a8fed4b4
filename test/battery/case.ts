/** What a case of the battery is: data. Who runs it, and against which proxy, is in `run.ts`. */
import type { Answer, Origin } from '../support/origin.ts'
import type { Ending, Transcript } from '../support/raw.ts'

export interface Case {
  readonly name: string
  /** What the client does, in order. Strings are bytes in latin1. */
  readonly send: readonly Step[]
  /** Whose responses the client expects, in order; GET if it does not matter. HEAD and CONNECT change the reading. */
  readonly methods?: readonly string[]
  readonly answer?: Answer
  /** Nobody listens at the endpoint. */
  readonly absent?: true
  readonly config?: Config
  /** Why nginx and HAProxy are not asked. */
  readonly oursOnly?: string
  readonly expect: Judge
}

export type Step =
  | string
  | Buffer
  | { readonly bytewise: string }
  | { readonly pause: number }
  /** Wait for that many final responses, each complete. */
  | { readonly answers: number }
  /** Wait until the client received this text. */
  | { readonly seen: string }
  /** Wait until the origin received this text. */
  | { readonly reached: string }
  | 'fin'
  | 'reset'

/** Differences from the battery's plain configuration: one listener, one service `web` with one endpoint. */
export interface Config {
  readonly byName?: true
  readonly listener?: Readonly<Record<string, unknown>>
  readonly service?: Readonly<Record<string, unknown>>
}

export interface Observation {
  readonly client: Transcript & { readonly bytes: Buffer; readonly ending: Ending }
  readonly origin: Pick<Origin, 'connections' | 'requests' | 'bytes'>
  /** How many responses the client waits for. */
  readonly asked: number
}

/** Undefined: as it must be. Otherwise what is wrong. */
export type Check = (seen: Observation) => string | undefined

export interface Judge {
  /** A few words for the matrix. */
  readonly label: string
  readonly check: Check
}

/** A head from its lines; line ends and the empty line are added. */
export const head = (...lines: readonly string[]) => `${lines.join('\r\n')}\r\n\r\n`

export const get = (...lines: readonly string[]) => head('GET /a HTTP/1.1', 'Host: app.test', ...lines)

export const post = (body: string, ...lines: readonly string[]) =>
  head('POST /a HTTP/1.1', 'Host: app.test', ...lines) + body

/** Sent after a request that must be rejected: no byte of it may reach the origin. */
export const smuggled = head('GET /smuggled HTTP/1.1', 'Host: app.test')
