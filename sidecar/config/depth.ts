import { type CST, Parser } from 'yaml'

/**
 * How deep the collections of a YAML text are nested. Asked before the text is composed into nodes: composing recurses,
 * and a few thousand brackets would end the process with a fatal error in V8 that nothing can catch.
 */
export function depthOf(text: string): number {
  let deepest = 0
  const open: [token: CST.Token | null | undefined, depth: number][] = []
  for (const token of new Parser().parse(text)) open.push([token, 0])
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [token, depth] = next
    deepest = Math.max(deepest, depth)
    if (token?.type === 'document') open.push([token.value, depth])
    else if (token != null && 'items' in token) {
      for (const { key, value } of token.items) open.push([key, depth + 1], [value, depth + 1])
    }
  }
  return deepest
}
