/** What cookie-parser leaves on a request, without the package. */
import { parse } from 'cookie'
import { unsign } from 'cookie-signature'

export default function cookieParser(secret?: string): (req: any) => void {
  return req => {
    const all = parse(req.headers.cookie ?? '')
    req.cookies = {}
    req.signedCookies = {}
    for (const [name, value] of Object.entries(all)) {
      const signed = secret !== undefined && value?.startsWith('s:')
      if (signed) req.signedCookies[name] = unsign(value!.slice(2), secret)
      else req.cookies[name] = value
    }
  }
}
