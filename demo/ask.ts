import type { Dispatcher, Pool } from 'undici'

export interface Answer {
  readonly status: number
  readonly body: string
  /** What a browser would keep of it: `name=value`. */
  readonly cookie: string | undefined
}

/** One request, and what is wrong with an answer to it. */
export interface Question {
  readonly name: string
  readonly request: Dispatcher.RequestOptions
  fault(answer: Answer): string | undefined
}

/** Resolves with what went wrong, if anything did. */
export async function ask(pool: Pool, { name, request, fault }: Question): Promise<string | undefined> {
  try {
    const { statusCode: status, headers, body } = await pool.request(request)
    const text = await body.text()
    const cookie = [headers['set-cookie']].flat()[0]?.split(';', 1)[0]
    const found = fault({ status, body: text, cookie })
    if (found === undefined) return undefined
    const why = headers['x-outrigger-reason'] ?? errorOf(text)
    return `${name} was answered with ${found}${why === undefined ? '' : ` (${why})`}`
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return `${name} got no answer: ${code ?? message}`
  }
}

/** `web` says in JSON what it could not do. */
function errorOf(body: string): string | undefined {
  return /^\{"error":"([^"]{1,80})/.exec(body)?.[1]
}
