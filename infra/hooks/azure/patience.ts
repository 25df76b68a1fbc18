import type { Environment } from './endpoints.ts'

/** How long and how often a service is asked. */
export interface Patience {
  /** Milliseconds for one request, its answer's body included. */
  readonly requestMs: number
  readonly attempts: number
  /** Longest wait between two attempts, whatever the service wishes for. */
  readonly waitMs: number
  /** Milliseconds for what has to spread first: roles, registrations, settings. */
  readonly settleMs: number
}

/** HOOKS_REQUEST_SECONDS, HOOKS_ATTEMPTS, HOOKS_WAIT_SECONDS and HOOKS_SETTLE_SECONDS change the usual patience. */
export function readPatience(environment: Environment): Patience {
  return {
    requestMs: 1000 * read(environment.HOOKS_REQUEST_SECONDS, { usual: 20, most: 600 }),
    attempts: Math.ceil(read(environment.HOOKS_ATTEMPTS, { usual: 4, most: 20 })),
    waitMs: 1000 * read(environment.HOOKS_WAIT_SECONDS, { usual: 30, most: 600 }),
    settleMs: 1000 * read(environment.HOOKS_SETTLE_SECONDS, { usual: 180, most: 3600 }),
  }
}

function read(text: string | undefined, { usual, most }: { readonly usual: number; readonly most: number }): number {
  const value = Number(text ?? '')
  return text !== undefined && text !== '' && value > 0 ? Math.min(value, most) : usual
}
