// The framing of one message body, read incrementally (RFC 9112 sections 6.3 and 7.1). It never copies: it marks the
// range of the input that may be passed on. Chunked framing passes as it came, but for extensions, which are dropped,
// and trailers, which are filtered: what leaves us is what a strict reader would have written.

import { CLASS, CR, HEX, hexValue, LF, VALUE } from './chars.ts'
import * as fault from './fault.ts'
import { text } from './text.ts'
import { readTrailers } from './trailers.ts'

const NONE = 0
const LENGTH = 1
const UNTIL_CLOSE = 2
const SIZE = 3
const EXTENSION = 4
const SIZE_LF = 5
const DATA = 6
const DATA_CR = 7
const DATA_LF = 8
const TRAILER = 9
const TRAILER_LF = 10
const TRAILER_FIELDS = 11
/** The carriage return behind an extension: the range to pass on begins again here. */
const SIZE_CR = 12

/** Of all extensions of one chunk together; no client is known to send any. */
const EXTENSION_LIMIT = 256
/** Bytes of a whole trailer section. */
const TRAILER_LIMIT = 8192
/** Leading zeros are legal, but not a page of them. */
const SIZE_DIGITS = 64

export class Body {
  done = true
  /** After `next`: the input bytes [from, to) may be passed on. */
  from = 0
  to = 0
  /** After `next` has set `done`: text to pass on behind them, the filtered trailer section and its empty line. */
  tail = ''
  /** The filtered trailer section also where the framing is not passed on, with its empty line; else ''. */
  trailers = ''
  /** A fault code, 0 while all is well. */
  fault = 0
  #state = NONE
  #left = 0
  #digits = 0
  #budget = 0
  /** Bytes of content that may still come. */
  #allowed = Number.POSITIVE_INFINITY
  #bare = false
  #trailer = ''

  get chunked(): boolean {
    return this.#state >= SIZE
  }

  get untilClose(): boolean {
    return this.#state === UNTIL_CLOSE
  }

  /** No body. */
  none(): void {
    this.#begin(NONE)
    this.done = true
  }

  length(bytes: number): void {
    this.#begin(LENGTH)
    this.#left = bytes
    this.done = bytes === 0
  }

  /** `bare`: pass on content only, without the chunk framing: for an HTTP/1.0 client. */
  chunks(bare: boolean): void {
    this.#begin(SIZE)
    this.#bare = bare
    this.#allowed = Number.POSITIVE_INFINITY
    this.#digits = 0
  }

  /** Chunks that announce more than this are a fault, 413 for a request. */
  allow(bytes: number): void {
    this.#allowed = bytes
  }

  closeDelimited(): void {
    this.#begin(UNTIL_CLOSE)
  }

  #begin(state: number): void {
    this.#state = state
    this.done = false
    this.fault = 0
    this.tail = ''
    this.trailers = ''
    this.#left = 0
  }

  /**
   * Reads on from `at`; returns where it stopped. Call again until `end`, `done` or `fault`: it stops early behind a
   * part that must not be passed on.
   */
  next(bytes: Buffer, at: number, end: number): number {
    this.from = at
    switch (this.#state) {
      case LENGTH: {
        const take = Math.min(this.#left, end - at)
        this.#left -= take
        if (this.#left === 0) this.done = true
        return (this.to = at + take)
      }
      case UNTIL_CLOSE:
        return (this.to = end)
      case NONE:
        return (this.to = at)
      default:
        return this.#bare ? this.#nextBare(bytes, at, end) : this.#nextChunked(bytes, at, end)
    }
  }

  /** One state at a time, so that only content lies in the range. */
  #nextBare(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && !this.done && this.fault === 0) {
      if (this.#state === DATA) {
        const take = Math.min(this.#left, end - at)
        this.from = at
        this.to = at + take
        this.#left -= take
        if (this.#left === 0) this.#state = DATA_CR
        return this.to
      }
      at = this.#step(bytes, at, end)
    }
    this.from = this.to = at
    this.tail = ''
    return at
  }

  #nextChunked(bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && !this.done && this.fault === 0) {
      const before = this.#state
      if (before === DATA) {
        const take = Math.min(this.#left, end - at)
        at += take
        this.#left -= take
        if (this.#left === 0) this.#state = DATA_CR
        continue
      }
      const was = at
      at = this.#step(bytes, at, end)
      if (before === EXTENSION || before === TRAILER_FIELDS) {
        this.from = at
      } else if (this.#state === EXTENSION || this.#state === TRAILER_FIELDS) {
        this.to = was
        // The semicolon, or the first letter of a trailer, was looked at, not taken.
        return was
      }
    }
    this.to = at
    return at
  }

  /** Takes what belongs to the present state; enters EXTENSION and TRAILER_FIELDS without taking their first byte. */
  #step(bytes: Buffer, at: number, end: number): number {
    const c = bytes[at]!
    switch (this.#state) {
      case SIZE:
        return this.#size(c, at)
      case EXTENSION:
        return this.#extension(bytes, at, end)
      case SIZE_CR:
        this.#state = SIZE_LF
        return at + 1
      case SIZE_LF:
        if (c !== LF) return this.#fail(fault.BAD_CHUNK, at)
        this.#digits = 0
        this.#state = this.#left === 0 ? TRAILER : DATA
        this.#trailer = ''
        return at + 1
      case DATA_CR:
        if (c !== CR) return this.#fail(fault.BAD_CHUNK, at)
        this.#state = DATA_LF
        return at + 1
      case DATA_LF:
        if (c !== LF) return this.#fail(fault.BAD_CHUNK, at)
        this.#state = SIZE
        return at + 1
      case TRAILER:
        this.#state = c === CR ? TRAILER_LF : TRAILER_FIELDS
        return c === CR ? at + 1 : at
      case TRAILER_LF:
        if (c !== LF) return this.#fail(fault.BAD_CHUNK, at)
        this.done = true
        return at + 1
      default:
        return this.#trailers(bytes, at, end)
    }
  }

  #size(c: number, at: number): number {
    if ((CLASS[c]! & HEX) !== 0) {
      if (this.#digits === 0) this.#left = 0
      this.#left = this.#left * 16 + hexValue(c)
      if (++this.#digits > SIZE_DIGITS || this.#left > Number.MAX_SAFE_INTEGER) return this.#fail(fault.BAD_CHUNK, at)
      return at + 1
    }
    if (this.#digits === 0) return this.#fail(fault.BAD_CHUNK, at)
    if (c === CR || c === 0x3b) {
      this.#allowed -= this.#left
      if (this.#allowed < 0) return this.#fail(fault.BODY_TOO_LARGE, at)
      this.#state = c === CR ? SIZE_LF : EXTENSION
      this.#budget = EXTENSION_LIMIT
      return c === CR ? at + 1 : at
    }
    return this.#fail(fault.BAD_CHUNK, at)
  }

  #extension(bytes: Buffer, start: number, end: number): number {
    let at = start
    for (; at < end; at++) {
      const c = bytes[at]!
      if (c === CR) {
        this.#state = SIZE_CR
        return at
      }
      if ((CLASS[c]! & VALUE) === 0 || --this.#budget < 0) return this.#fail(fault.BAD_CHUNK, at)
    }
    return at
  }

  #trailers(bytes: Buffer, start: number, end: number): number {
    const taken = Math.min(end, start + TRAILER_LIMIT + 1 - this.#trailer.length)
    const had = this.#trailer.length
    const part = text(bytes, start, taken)
    this.#trailer += part
    // Whole lines only, and only when one has ended: when a fault is noticed does not depend on the pieces, and a slow
    // section costs little.
    const lines = part.lastIndexOf('\n') + 1
    const trailers = lines > 0 ? readTrailers(this.#trailer.slice(0, had + lines)) : undefined
    if (trailers === null) return this.#fail(fault.BAD_TRAILER, start)
    if (trailers === undefined) {
      return this.#trailer.length > TRAILER_LIMIT ? this.#fail(fault.BAD_TRAILER, start) : taken
    }
    this.trailers = trailers.kept
    this.tail = this.#bare ? '' : trailers.kept
    this.done = true
    return start + trailers.end - had
  }

  #fail(code: number, at: number): number {
    this.fault = code
    return at
  }
}
