import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('./mutation-process.ts', import.meta.url))

/** What was found of one mutant; `fault` null where nothing was. */
export interface Found {
  readonly number: number
  readonly fault: string | null
}

/** Tries mutants by their numbers in a process of its own. */
export async function tryMutants(numbers: readonly number[]): Promise<readonly Found[]> {
  const args = ['--import', import.meta.resolve('tsx'), script, ...numbers.map(String)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Found)
}
