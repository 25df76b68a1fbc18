import { setTimeout as wait } from 'node:timers/promises'
import type { RetryContext, RetryOptions } from './contract.ts'
import { describeError } from './log.ts'

/** Seconds before attempt number `retry` (1 is the first repetition). */
export function retryDelay(options: RetryOptions, retry: number): number {
  if (options.retryStrategy === 'fixedDelay') return options.delayInterval?.seconds ?? 0
  const least = options.minimumInterval?.seconds ?? 0
  const most = options.maximumInterval?.seconds ?? least
  return Math.min(most, least * 2 ** (retry - 1))
}

function toContext(options: RetryOptions, retry: number, error: unknown): RetryContext {
  const stackTrace = error instanceof Error ? (error.stack ?? '') : ''
  const exception = { message: describeError(error), source: '', stackTrace }
  return { retryCount: retry, maxRetryCount: options.maxRetryCount, exception }
}

function mayRetry(options: RetryOptions | undefined, retry: number): options is RetryOptions {
  return options !== undefined && (options.maxRetryCount === -1 || retry <= options.maxRetryCount)
}

/** Waits before a repetition; false when `stopping` came first. */
async function pause(options: RetryOptions, retry: number, stopping: AbortSignal): Promise<boolean> {
  await wait(retryDelay(options, retry) * 1000, undefined, { signal: stopping }).catch(() => undefined)
  return !stopping.aborted
}

/**
 * Runs `attempt` under a function's retry policy. The first run has no retry context; the last failure is thrown,
 * and so is the current one when `stopping` is signalled during a wait.
 */
export async function runWithRetry(
  options: RetryOptions | undefined,
  stopping: AbortSignal,
  attempt: (context?: RetryContext) => Promise<void>,
): Promise<void> {
  let context: RetryContext | undefined
  for (let retry = 1; ; retry += 1) {
    try {
      return await attempt(context)
    } catch (error) {
      if (!mayRetry(options, retry) || !(await pause(options, retry, stopping))) throw error
      context = toContext(options, retry, error)
    }
  }
}
