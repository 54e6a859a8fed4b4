// The command line of the simulations.
import { parseArgs } from 'node:util'

export interface Options {
  /** At least one. */
  readonly names: readonly string[]
  readonly help: boolean
  readonly seed: number
  readonly quick: boolean
  readonly json: boolean
  readonly markdown: boolean
  readonly update: boolean
}

export class OptionsError extends Error {}

const SEED = 1

/** `known`: each experiment's name, and what it is about. */
export function readOptions(args: string[], known: ReadonlyMap<string, string>): Options {
  const { values, positionals } = parsed(args, known)
  for (const name of positionals) {
    if (!known.has(name)) throw new OptionsError(`There is no experiment ${name}.\n\n${usage(known)}`)
  }
  const { help = false, quick = false, json = false, markdown = false, update = false } = values
  if (update && (quick || positionals.length > 0)) {
    throw new OptionsError('--update writes all tables in full: it goes with neither names nor --quick.')
  }
  const names = [...known.keys()].filter(name => positionals.length === 0 || positionals.includes(name))
  return { names, help, seed: seedOf(values.seed), quick, json, markdown, update }
}

export function usage(known: ReadonlyMap<string, string>): string {
  const width = Math.max(...[...known.keys()].map(name => name.length))
  const experiments = [...known].map(([name, about]) => `  ${name.padEnd(width)}  ${about}`)
  return `npm run simulate -- [experiment ...] [options]          all of them by default

${experiments.join('\n')}

  --seed N      other dice (${SEED}); the same seed gives the same figures
  --quick       a few seconds instead of a minute: shows that all is well, and no figures
  --json        every figure as JSON
  --markdown    the tables as Markdown
  --update      the same, written into docs/balancing.md`
}

function parsed(args: string[], known: ReadonlyMap<string, string>) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        seed: { type: 'string' },
        quick: { type: 'boolean' },
        json: { type: 'boolean' },
        markdown: { type: 'boolean' },
        update: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new OptionsError(`${(error as Error).message}\n\n${usage(known)}`)
  }
}

function seedOf(text: string | undefined): number {
  if (text === undefined) return SEED
  const seed = Number(text)
  if (!/^\d+$/.test(text) || seed >= 2 ** 31)
    throw new OptionsError(`--seed wants a whole number below 2^31, not ${text}.`)
  return seed
}
