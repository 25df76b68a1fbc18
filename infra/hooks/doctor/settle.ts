import { setTimeout as sleep } from 'node:timers/promises'
import type { Finding } from '../finding.ts'

const stepMs = 5_000

/**
 * Looks again while something is found that may pass by itself: roles, registrations and settings spread for minutes after
 * a deployment. Ends with the last look when the time is over.
 */
export async function untilSettled(
  look: () => Promise<readonly Finding[]>,
  { settleMs, isPassing }: { readonly settleMs: number; readonly isPassing: (finding: Finding) => boolean },
): Promise<readonly Finding[]> {
  const until = Date.now() + settleMs
  for (;;) {
    const findings = await look()
    const left = until - Date.now()
    if (left <= 0 || !findings.some(isPassing)) return findings
    await sleep(Math.min(stepMs, left))
  }
}
