import { watchParent } from './lifeline.ts'
import { type Stack, type StackOptions, startStack } from './stack.ts'

/**
 * Runs a stack until Ctrl-C, a request to end, the end of the process that started us, or the end of its gateway.
 * Returns the exit code; `ready` is called once requests will succeed.
 */
export async function runForeground(options: StackOptions, ready: (stack: Stack) => void): Promise<number> {
  const asked = waitForEnd()
  try {
    const stack = await startStack(options)
    ready(stack)
    return await runUntilEnd(stack, asked)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function runUntilEnd(stack: Stack, asked: Promise<null>): Promise<number> {
  const code = await Promise.race([asked, stack.gatewayEnded])
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
