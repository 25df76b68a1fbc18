import { z } from 'zod'
import { personas } from '../personas.ts'
import { localFolder, readRunningStack } from '../stack/local-folder.ts'

const usage = 'usage: npm run --silent token -- <persona> [--control] [--step-up|--step-up=c2]\n'
/** At the console, after a strong sign-in; an agent's token after one; and the sign-in that emergency access wants. */
const overrides: Readonly<Record<string, object>> = {
  '--control': { control: true },
  '--step-up': { acrs: ['c1'] },
  '--step-up=c2': { acrs: ['c1', 'c2'] },
}
const answer = z.object({ token: z.string() })

/** `npm run token`: prints an access token of a persona for the running stack, and nothing else. */
export async function run(args: readonly string[]): Promise<number> {
  const [persona, ...flags] = args
  if (persona === undefined || flags.some((flag) => !Object.hasOwn(overrides, flag))) return fail(usage, 64)
  if (!Object.hasOwn(personas, persona))
    return fail(`there is no persona ${persona}; there are ${Object.keys(personas).join(', ')}\n`, 64)
  const stack = readRunningStack(localFolder())
  if (stack === null) return fail('no stack is running: start one with npm start\n', 69)
  const response = await fetch(`${stack.entra}/dev/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(Object.assign({ persona }, ...flags.map((flag) => overrides[flag]))),
  })
  if (!response.ok) return fail(`the sign-in stand-in gave no token (status ${response.status})\n`, 1)
  process.stdout.write(`${answer.parse(await response.json()).token}\n`)
  return 0
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
