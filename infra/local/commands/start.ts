import { runStack } from '../stack/run-stack.ts'

/** `npm start`: builds and starts everything, says when it is ready, and runs until told to stop. */
export function run(args: readonly string[]): Promise<number> {
  return runStack({ name: 'start', args })
}
