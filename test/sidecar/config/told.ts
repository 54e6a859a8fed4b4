import { expect } from 'chai'
import { ConfigError, parseConfig } from '../../../sidecar/config/load.ts'

/** What a file is, and what is told of it: one line per problem, `f` being the file. Indentation is the test's own. */
export type Case = readonly [name: string, file: string, told: string]

export function itTells(cases: readonly Case[]): void {
  for (const [name, file, expected] of cases) {
    it(name, () => expect(told(file)).to.equal(outdent(expected)))
  }
}

export function told(file: string, env: NodeJS.ProcessEnv = {}): string {
  try {
    parseConfig(outdent(file), 'f', env)
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError)
    return (error as ConfigError).message
  }
  return 'nothing'
}

/** A file that is complete but for what is under test, in its last lines. */
export const services = (text: string) => `listeners: [listen: "l:9"]\nservices:\n${indent(text)}`
export const listeners = (text: string) => `services: { web: { endpoints: ["x:9"] } }\nlisteners:\n${indent(text)}`
export const top = (text: string) =>
  `listeners: [listen: "l:9"]\nservices: { web: { endpoints: ["x:9"] } }\n${outdent(text)}`

function indent(text: string): string {
  return outdent(text).replace(/^/gm, '  ')
}

function outdent(text: string): string {
  const lines = text.replace(/^\n/, '').replace(/\n *$/, '').split('\n')
  const margin = Math.min(...lines.filter(line => line.trim() !== '').map(line => line.search(/[^ ]/)))
  return lines.map(line => line.slice(Number.isFinite(margin) ? margin : 0)).join('\n')
}
