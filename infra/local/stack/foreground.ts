import { watchParent } from './lifeline.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'

/**
 * Runs a stack until Ctrl-C, a request to end, the end of the process that started us, or the end of its gateway.
 * Returns the exit code; `ready` is called once requests will succeed, and what it returns before everything stops.
 */
export async function runForeground(options: StackOptions, ready: Ready): Promise<number> {
  const asked = waitForEnd()
  try {
    const stack = await startStack(options)
    const leave = ready(stack)
    return await runUntilEnd(stack, { asked, leave: leave ?? (() => undefined) })
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

type Ready = (stack: Stack) => (() => void) | undefined

async function runUntilEnd(
  stack: Stack,
  { asked, leave }: { asked: Promise<null>; leave: () => void },
): Promise<number> {
  const code = await Promise.race([asked, stack.gatewayEnded])
  leave()
  await stack.stop()
  if (code === null) return 0
  process.stderr.write(`the gateway ended (${code}); everything else was stopped\n`)
  return 1
}

/** A request that comes while the stack still starts is obeyed as soon as it has started. */
function waitForEnd(): Promise<null> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(null))
    watchParent(() => resolve(null))
  })
}
