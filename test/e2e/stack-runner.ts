/** Runs a stack with the fixture app in the foreground, as `npm start` does with the real one; ends like it. */
import { fileURLToPath } from 'node:url'
import { runForeground } from '../../infra/local/stack/foreground.ts'

const app = fileURLToPath(new URL('./stack-app', import.meta.url))
const keep = process.argv.includes('--keep')

process.exitCode = await runForeground({ port: Number(process.env.PORT ?? 0), keep, app }, ({ file, loss }) => {
  process.stdout.write(`${JSON.stringify({ ready: file, loss })}\n`)
  return undefined
})
