/** A failure whose message is all that the reader needs. */
export class DemoError extends Error {
  override readonly name = 'DemoError'
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}
