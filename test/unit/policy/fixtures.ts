import { fileURLToPath } from 'node:url'
import { localDirectory } from '../../../infra/policy/local-directory.ts'
import { completeSketch, type Sketch } from '../../../infra/policy/sketch.ts'
import type { Problem } from '../../../shared/errors/problem.ts'
import { loadPolicy } from '../../../shared/policy/cedar.ts'
import type { PolicyRequest } from '../../../shared/policy/decision.ts'
import type { PolicyOptions } from '../../../shared/policy/loader.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { readPolicyFolder } from '../../../shared/policy/policy-folder.ts'

export const shippedFolder = fileURLToPath(new URL('../../../infra/policy', import.meta.url))

/** The shipped set as the embedded stack loads it. */
export async function shippedOptions(): Promise<PolicyOptions> {
  const source = await readPolicyFolder(shippedFolder)
  return { ...source, ...localDirectory(source.groups) }
}

/** A set of the given policies under the shipped schema; the group names that they use are passed by name. */
export async function policyOf(policies: readonly string[], changes: Partial<PolicyOptions> = {}): Promise<Policy> {
  return loadPolicy({ ...(await shippedOptions()), policies, ...changes })
}

/** An ordinary read of orders by a persona, with changes. */
export function readBy(who: string, changes: Partial<Sketch> = {}): PolicyRequest {
  const read = {
    backend: 'azure-postgresql',
    operation: 'executeQuery',
    effect: 'read',
    reads: ['sales.orders'],
  } as const
  return completeSketch({ who, ...read, ...changes })
}

/** A permit for everything and everybody, to see what stands against it. */
export const permitAll = '@id("permit-all") @title("Everything") permit (principal, action, resource);'

/** What is thrown, as a Problem. */
export async function problemOf(action: () => unknown): Promise<Pick<Problem, 'code' | 'reason'>> {
  try {
    await action()
  } catch (error) {
    const { code, reason } = error as Problem
    return { code, reason }
  }
  throw new Error('nothing was thrown')
}
