type Slicer = (this: Buffer, from: number, to: number) => string

/** `latin1Slice` is what `toString('latin1')` ends in, without its checks: half the time. Absent from the typings. */
const latin1Slice: Slicer | undefined = (Buffer.prototype as unknown as { latin1Slice?: Slicer }).latin1Slice

/** Bytes as a string of one character each: what is not ASCII survives a round trip. */
export const text: (bytes: Buffer, from: number, to: number) => string =
  latin1Slice === undefined
    ? (bytes, from, to) => bytes.toString('latin1', from, to)
    : (bytes, from, to) => latin1Slice.call(bytes, from, to)
