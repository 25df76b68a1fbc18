import type { Finding } from '../finding.ts'
import { checkBackends } from './backend-checks.ts'
import { checkBook } from './book-checks.ts'
import { checkDiscovery, checkHealth, checkRoutes } from './gateway-checks.ts'
import type { Patient } from './patient.ts'
import { checkToken } from './token-checks.ts'

/** All that can be seen from outside, in the order in which one thing needs the other. */
export async function examine(patient: Patient): Promise<readonly Finding[]> {
  const health = await checkHealth(patient)
  const isThere = health.every(({ code }) => code !== 'gateway_unreachable')
  if (!isThere) return [...health, ...checkToken(patient)]
  const seen = [...health, ...(await checkDiscovery(patient)), ...(await checkRoutes(patient)), ...checkToken(patient)]
  const book = await checkBook(patient)
  // Whom the gateway does not take, and who leaves no row, reaches no backend either: why has been said.
  const isIn = book.every(({ check, state }) => check !== 'row' || state === 'ok')
  return [...seen, ...book, ...(isIn ? await checkBackends(patient) : [])]
}
