import { assert } from 'chai'
import { renderMarkdown, renderText } from '../../bench/render.ts'
import { results } from './run-fixture.ts'

describe('bench/render', () => {
  const rendered = { text: renderText(results), Markdown: renderMarkdown(results) }
  for (const [form, text] of Object.entries(rendered)) {
    it(`shows the set-up, what was left out, every table, as ${form}`, () => {
      for (const part of [
        'Node v20.19.0; load: wrk 4.1.0; origin: nginx 1.22.1',
        'envoy is left out: not on the PATH',
        'small GET, 32 connections (get32)',
        'Added to the median latency',
        'Resident memory',
        'Targets',
      ]) {
        assert.include(text, part)
      }
    })
  }
})
