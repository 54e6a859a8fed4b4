// A session as text. The data is compared as it stood in what was loaded, byte for byte: one stringify, no hash.
import type { CookieData } from './cookie.ts'
import type { Session } from './session.ts'

/**
 * The key beside the data that says when a session was made, for `lifetime.absolute`. At the top, since express-session,
 * when it rewrites a session during a deployment, keeps what is there, but not what it does not know inside `cookie`.
 */
export const STAMP = '__created'

/** The data without the cookie, whose expiry is another at every request. */
export function dataOf(session: Session): string {
  const all = session as object as Record<string, unknown>
  let data: Record<string, unknown> | undefined
  // Not by a rest pattern: it leaves an object that is slow to write.
  for (const key of Object.keys(all)) if (key !== 'cookie') (data ??= {})[key] = all[key]
  return data === undefined ? '{}' : JSON.stringify(data)
}

/** `cookie` first, as express-session and connect-redis write it. */
export function jsonOf(cookie: { toJSON(): CookieData }, data: string, created?: number): string {
  return `${headOf(cookie, created)}${data === '{}' ? '}' : `,${data.slice(1)}`}`
}

/**
 * The data as it stands in `json`: cut out where the cookie comes first, else written anew. `stamped`: STAMP is none of
 * it; without `lifetime.absolute` that is a key like any other.
 */
export function dataIn(json: string, parsed: { cookie?: unknown; [STAMP]?: unknown }, stamped: boolean): string {
  const head = headOf(parsed.cookie, stamped ? parsed[STAMP] : undefined)
  if (!json.startsWith(head)) {
    const { cookie: _, ...data } = parsed
    if (stamped) delete data[STAMP]
    return JSON.stringify(data)
  }
  // A blank at the end is a writer's claim, and no data.
  return json.charCodeAt(head.length) === 44 ? `{${json.slice(head.length + 1).trimEnd()}` : '{}'
}

function headOf(cookie: unknown, created: unknown): string {
  return `{"cookie":${JSON.stringify(cookie)}${created === undefined ? '' : `,"${STAMP}":${created}`}`
}

/**
 * Whether it is a session that can be used, as against some other JSON. An object without any `cookie` counts as one:
 * only an app can have put it there, and learns of it by express-session's TypeError.
 */
export function isSession(parsed: any): boolean {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return false
  const { cookie } = parsed
  if (cookie === undefined) return true
  if (typeof cookie !== 'object' || cookie === null) return false
  const { expires, originalMaxAge } = cookie
  if (expires != null && (typeof expires !== 'string' || Number.isNaN(Date.parse(expires)))) return false
  return originalMaxAge == null || typeof originalMaxAge === 'number'
}

/**
 * What a store returned. JSON that cannot be read counts as no session: nobody can use it, and an error would lock its
 * user out until the cookie is gone.
 */
export function parse(stored: string | object | undefined): { parsed: object | undefined; json: string | undefined } {
  if (typeof stored !== 'string') return { parsed: stored, json: undefined }
  try {
    return { parsed: JSON.parse(stored) ?? undefined, json: stored }
  } catch {
    return { parsed: undefined, json: stored }
  }
}
