/**
 * Tries mutants by their numbers in the list, all where none is named; prints one JSON line `{mutant, fault}` each, `fault` null for a
 * mutant that nothing found out. A process of its own: copies of modules are never let go of.
 */
import { noon } from '../line-world.ts'
import { mutants } from './mutants.ts'
import { tryMutant } from './mutation.ts'

Date.now = () => noon

const wanted = process.argv.slice(2).map(Number)
for (const [number, mutant] of mutants.entries()) {
  if (wanted.length > 0 && !wanted.includes(number)) continue
  const fault = await tryMutant(mutant).catch((error: unknown) => String(error))
  process.stdout.write(`${JSON.stringify({ number, mutant, fault: fault ?? null })}\n`)
}
process.exit(0)
