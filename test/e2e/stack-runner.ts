/** Runs a stack with the fixture app in the foreground, from the bundle, as `npm start` does with the real one; ends like it. */
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { openBundle } from '../../infra/local/stack/bundle.ts'
import type { runForeground } from '../../infra/local/stack/foreground.ts'

const app = fileURLToPath(new URL('./stack-app', import.meta.url))
const keep = process.argv.includes('--keep')
const bundle = await openBundle()
const source = new URL('../../infra/local/stack/foreground.ts', import.meta.url)
const module = bundle === null ? source : pathToFileURL(join(bundle, 'foreground.mjs'))
const { runForeground: run } = (await import(module.href)) as { runForeground: typeof runForeground }

process.exitCode = await run({ port: Number(process.env.PORT ?? 0), keep, app }, ({ file, loss }) => {
  process.stdout.write(`${JSON.stringify({ ready: file, loss })}\n`)
  return undefined
})
