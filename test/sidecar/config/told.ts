import { expect } from 'chai'
import { ConfigError, parseConfig } from '../../../sidecar/config/load.ts'
import type { ServiceSettings } from '../../../sidecar/model/settings.ts'

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

/** Lines of a service, and what is told of them: one line per problem, without its place, from the service's key on. */
export function itRefuses(cases: readonly (readonly [lines: string, told: string])[]): void {
  for (const [lines, expected] of cases) {
    it(`refuses ${lines.replaceAll(/\s+/g, ' ').trim()}`, () => {
      const text = told(services(`web:\n  endpoints: ["x:1"]\n${indent(lines)}`))
      expect(text.replaceAll(/^f:\d+:\d+: services\.web\./gm, '')).to.equal(outdent(expected))
    })
  }
}

/** What the lines make of a service. */
export function serviceOf(lines: string): ServiceSettings {
  return parseConfig(services(`web:\n  endpoints: ["x:1"]\n${indent(lines)}`), 'f', {}).services[0]!
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
