/** Why a message is not acceptable. A parser returns `-code`; in a response every fault becomes a 502. */
export interface Fault {
  readonly status: 400 | 408 | 413 | 414 | 431 | 501 | 505
  readonly reason: string
  readonly detail: string
}

const faults: Fault[] = []

/** All of them, for docs and tests. */
export const FAULTS: readonly Fault[] = faults

function fault(status: Fault['status'], reason: string, detail: string): number {
  faults.push({ status, reason, detail })
  return faults.length
}

export function faultOf(code: number): Fault {
  return faults[Math.abs(code) - 1]!
}

export const BAD_REQUEST_LINE = fault(400, 'bad-request-line', 'the request line is not "METHOD SP target SP HTTP/1.1"')
export const BAD_METHOD = fault(400, 'bad-method', 'a method consists of upper-case letters, "-" and "_"')
export const METHOD_REFUSED = fault(501, 'method-not-implemented', 'this method is not relayed')
export const BAD_TARGET = fault(400, 'bad-target', 'the request target is malformed')
export const TARGET_TOO_LONG = fault(414, 'target-too-long', 'the request target is over the limit')
export const VERSION_REFUSED = fault(505, 'version-not-supported', 'only HTTP/1.1 and HTTP/1.0 are spoken here')
export const BAD_LINE = fault(400, 'bad-line-ending', 'a line ends in CRLF, and CR, LF or NUL stand nowhere else')
export const BAD_FIELD_NAME = fault(400, 'bad-field-name', 'a field name is a token directly followed by ":"')
export const BAD_FIELD_VALUE = fault(400, 'bad-field-value', 'a field value holds a control character')
export const FOLDED = fault(400, 'folded-field', 'a field line begins with white space (obs-fold)')
export const HEAD_TOO_LARGE = fault(431, 'head-too-large', 'the message head is over the limit')
export const TOO_MANY_FIELDS = fault(431, 'too-many-fields', 'the message head has too many fields')
export const NO_HOST = fault(400, 'host-missing', 'an HTTP/1.1 request has exactly one Host field')
export const MANY_HOSTS = fault(400, 'host-duplicate', 'a request has at most one Host field')
export const BAD_HOST = fault(400, 'bad-host', 'the host is not "name", "name:port" or "[v6]:port"')
export const BAD_LENGTH = fault(400, 'bad-content-length', 'Content-Length is not one decimal number')
export const MANY_LENGTHS = fault(400, 'duplicate-content-length', 'Content-Length occurs more than once')
export const LENGTH_AND_CODING = fault(
  400,
  'ambiguous-framing',
  'Content-Length and Transfer-Encoding exclude each other',
)
export const CODING_REFUSED = fault(
  501,
  'transfer-coding-not-implemented',
  'the only transfer coding is "chunked", once',
)
export const BAD_CODING = fault(400, 'bad-transfer-encoding', 'Transfer-Encoding is malformed')
export const CODING_IN_10 = fault(400, 'transfer-encoding-in-http-1.0', 'HTTP/1.0 has no Transfer-Encoding')
export const SHADOW_FIELD = fault(400, 'ambiguous-field-name', 'a framing field is spelled with "_"')
export const BAD_CHUNK = fault(400, 'bad-chunk', 'the chunked framing is malformed')
export const BAD_TRAILER = fault(400, 'bad-trailer', 'the trailer section is malformed or over the limit')
export const BODY_TOO_LARGE = fault(413, 'body-too-large', 'the request body is over the limit')
export const BAD_STATUS_LINE = fault(400, 'bad-status-line', 'the status line is not "HTTP/1.1 SP 3DIGIT SP reason"')
export const BAD_SWITCH = fault(400, 'unasked-switch', '101 answers no upgrade that was asked for')
export const BAD_AUTHORITY = fault(400, 'bad-authority', 'CONNECT takes "name:port"')
