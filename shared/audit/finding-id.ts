import { hash } from 'node:crypto'
import type { Finding } from './verify-findings.ts'

/** Id of a finding: the same on every night that it is found again, so that a disposition stays with it. */
export function findingId({ kind, lane, seq }: Finding): string {
  return `fnd_${hash('sha256', JSON.stringify([kind, lane, seq]), 'hex').slice(0, 24)}`
}
