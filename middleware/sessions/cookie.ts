// The cookie of a session as express-session has it: what a handler may change, and what is written into the store.
import { type CookieSerializeOptions, serialize } from 'cookie'

export interface CookieOptions {
  /** Milliseconds from now. None: the cookie lives as long as the browser. */
  maxAge?: number | null | undefined
  expires?: Date | null | undefined
  httpOnly?: boolean | undefined
  path?: string | undefined
  domain?: string | undefined
  /** `'auto'`: as the request came. */
  secure?: boolean | 'auto' | undefined
  /** `'auto'`: `none` when the request came by TLS, else `lax`. */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  partitioned?: boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  originalMaxAge?: number | null | undefined
}

/** In this order, as express-session writes it. */
export interface CookieData {
  originalMaxAge: number | null
  partitioned?: boolean | undefined
  priority?: 'low' | 'medium' | 'high' | undefined
  expires: Date | null
  secure?: boolean | 'auto' | undefined
  httpOnly: boolean
  domain?: string | undefined
  path: string
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
}

export class Cookie {
  declare originalMaxAge: number | null
  declare path: string
  declare httpOnly: boolean
  declare secure?: boolean | 'auto' | undefined
  declare domain?: string | undefined
  declare sameSite?: boolean | 'lax' | 'strict' | 'none' | 'auto' | undefined
  declare partitioned?: boolean | undefined
  declare priority?: 'low' | 'medium' | 'high' | undefined
  declare _expires: Date | null

  constructor(options?: CookieOptions | null) {
    this.path = '/'
    this._expires = null
    this.originalMaxAge = null
    this.httpOnly = true
    if (!options) return
    if (typeof options !== 'object') throw new TypeError('argument options must be a object')
    const given = options as Record<string, unknown>
    for (const key in given) if (key !== 'data') (this as unknown as Record<string, unknown>)[key] = given[key]
    if (this.originalMaxAge === undefined || this.originalMaxAge === null) this.originalMaxAge = this.maxAge
  }

  get expires(): Date | null {
    return this._expires
  }

  set expires(date: Date | null | undefined) {
    this._expires = date as Date | null
    this.originalMaxAge = this.maxAge
  }

  /** Milliseconds that are left; null for a cookie that ends with the browser. */
  get maxAge(): number | null {
    return this._expires instanceof Date ? this._expires.valueOf() - Date.now() : this._expires
  }

  set maxAge(ms: number | Date | null | undefined) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date)) throw new TypeError('maxAge must be a number or Date')
    if (typeof ms === 'number') {
      this._expires = new Date(Date.now() + ms)
      // Not what is left of it: express-session loses a millisecond here whenever the clock moves on.
      this.originalMaxAge = ms
    } else this.expires = ms
  }

  get data(): CookieData {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    }
  }

  /** The text of a Set-Cookie field. */
  serialize(name: string, value: string): string {
    return serialize(name, value, this.data as CookieSerializeOptions)
  }

  toJSON(): CookieData {
    return this.data
  }
}
