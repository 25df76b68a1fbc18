import { scrub } from '../hooks/report.ts'

const deepest = 5

/**
 * What no command foresaw, for whoever ran it: the sentence of the error, and below it those of its causes (who is not
 * signed in, which host has no address). Never a place in our code, a token or a key.
 */
export function describeFailure(command: string, error: unknown): string {
  const lines: string[] = []
  let one = error
  // Counted by depth, since causes may go in a circle.
  for (let depth = 0; depth < deepest && one !== undefined && one !== null; depth += 1, one = causeOf(one)) {
    const [line = ''] = sayOf(one).split('\n', 1)
    if (line !== '' && !lines.includes(line)) lines.push(line)
  }
  return scrub(`${command}: ${lines.join('\n  ')}`)
}

function sayOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  // What a chain of credentials tried stands in the list of an AggregateError's like.
  const { errors } = error as { readonly errors?: unknown }
  return error.cause ?? (Array.isArray(errors) ? errors[0] : undefined)
}
