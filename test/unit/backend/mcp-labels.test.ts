import { describe, expect, it } from 'vitest'
import { loadFunctions } from '../../support/line-declarations.ts'

/** What the gateway says itself; a page's mark has to go back to the server as it came. */
const ours = ['/cursor', '/failed', '/tools/*/digest', '/tools/*/state', '/tools/*/effect']
const backends = (await loadFunctions()).filter(({ name }) => ['mcp-apim', 'databricks-mcp'].includes(name))

describe('labels of what a server of tools answers', () => {
  it.each(backends.flatMap(({ name, operations }) => Object.entries(operations).map((one) => [name, ...one] as const)))(
    'of %s/%s let no words of the server out as harmless',
    (_backend, _name, { labels = {} }) => {
      const harmless = Object.keys(labels).filter((path) => labels[path] === 'none')
      expect(harmless.filter((path) => !ours.includes(path))).toEqual([])
    },
  )
})
