import { Problem } from '../errors/problem.ts'
import type { CallRate } from './call-rate.ts'

/** Slows down guessing: refused tokens are counted by address, and an address with too many is not looked at. */
export interface FailureBrake {
  /** Runs `attempt`; Problem `quota_exceeded` where this address failed too often within a minute. */
  readonly guard: <T>(address: string, attempt: () => Promise<T>) => Promise<T>
}

export function createFailureBrake(failures: CallRate): FailureBrake {
  return {
    guard: async (address, attempt) => {
      const left = failures.check(address)
      if (!left.granted) throw tooMany(left.retryAfter)
      try {
        return await attempt()
      } catch (error) {
        if (error instanceof Problem && error.status < 500) failures.reserve(address)
        throw error
      }
    },
  }
}

function tooMany(retryAfter: number): Problem {
  return new Problem('quota_exceeded', 'Too many refused tokens from this address.', {
    retryAfter,
    reason: 'failed_tokens',
    next: { action: 'wait', after: retryAfter },
  })
}
