import { assert } from 'chai'

const script = new URL('../../scripts/test-node.mjs', import.meta.url).href

describe('scripts/test-node', () => {
  for (const [args, message] of [
    [[], 'Which Node? For example: npm run test:node -- 24'],
    [['foo'], '"foo" is not a version of Node. For example: npm run test:node -- 24'],
    [['--bail', '24'], '"--bail" is not a version of Node. For example: npm run test:node -- 24'],
  ] as const) {
    it(`refuses ${args.join(' ') || 'nothing'}`, async () => {
      const { default: testNode } = await import(script)
      const error = await testNode([...args]).catch((error: unknown) => error)
      assert.deepInclude(error, { expected: true, message })
    })
  }
})
