import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { effects } from '../../shared/backend/effect.ts'
import type { Decision, PolicyRequest } from '../../shared/policy/decision.ts'
import { canonicalJson } from '../../shared/policy/digest.ts'
import { findBreaches } from '../../shared/policy/must-never.ts'
import type { Policy } from '../../shared/policy/policy.ts'
import { completeSketch, type Sketch } from './sketch.ts'

/** What went wrong with one line of a table. */
export interface Failure {
  readonly name: string
  readonly detail: string
}

/** How many lines held, and which did not. */
export interface TableReport {
  readonly passed: number
  readonly failures: readonly Failure[]
}

const sketchShape = () => ({
  effect: z.enum(effects),
  backend: z.string(),
  operation: z.string(),
  declaredEffect: z.enum(effects).optional(),
  runsAs: z.enum(['person', 'other']).optional(),
  reads: z.array(z.string()).optional(),
  writes: z.array(z.string()).optional(),
  labels: z.array(z.string()).optional(),
  changes: z.array(z.string()).optional(),
  egress: z.boolean().optional(),
  principal: z.record(z.string(), z.unknown()).optional(),
  context: z.record(z.string(), z.unknown()).optional(),
})

const expectation = () =>
  z.strictObject({
    verdict: z.enum(['permit', 'deny']),
    reasons: z.array(z.string()).optional(),
    obligations: z.array(z.record(z.string(), z.unknown())).optional(),
    clearLabels: z.array(z.string()).optional(),
    /** Policies that are only watched and would have changed it; left out: is not compared. */
    shadow: z.array(z.string()).optional(),
  })

const scenario = () => z.strictObject({ name: z.string(), who: z.string(), ...sketchShape(), expect: expectation() })
const never = () => z.strictObject({ name: z.string(), who: z.array(z.string()).min(1), ...sketchShape() })

export type Scenario = z.infer<ReturnType<typeof scenario>>
export type Never = z.infer<ReturnType<typeof never>>

/** Reads `scenarios.json` (request → verdict, reasons, obligations) and `must-never.json` of a tables folder. */
export async function readTables(folder: string): Promise<{ scenarios: Scenario[]; nevers: Never[] }> {
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown
  return {
    scenarios: z
      .array(scenario())
      .min(1)
      .parse(await read('scenarios.json')),
    nevers: z
      .array(never())
      .min(1)
      .parse(await read('must-never.json')),
  }
}

/** Decides each scenario and compares verdict, reasons, obligations, labels in clear and shadows, as far as it names them. */
export function runScenarios(policy: Policy, scenarios: readonly Scenario[]): TableReport {
  return report(scenarios.map(({ name, expect, ...line }) => compare(name, expect, policy.decide(requestOf(line)))))
}

/** What must never pass is tried as each person, with every approval and every sign-in given, tainted and not. */
export function runNevers(policy: Policy, nevers: readonly Never[]): TableReport {
  const calls = nevers.flatMap(({ name, who, ...line }) =>
    who.map((one) => ({ name: `never: ${name} (${one})`, request: requestOf({ ...line, who: one }) })),
  )
  const breaches = new Set(findBreaches(policy, calls))
  return report(calls.map(({ name }) => ({ name, detail: breaches.has(name) ? 'was permitted' : '' })))
}

/** Policies that have a part in no line of the tables: nobody would notice if one of them went. */
export function runCoverage(policy: Policy, scenarios: readonly Scenario[]): TableReport {
  const decided = new Set(scenarios.flatMap((line) => policy.determining?.(requestOf(line)) ?? []))
  return report(
    policy.rules.map(({ id }) => ({
      name: `policy ${id}`,
      detail: decided.has(id) ? '' : 'no scenario is decided by it',
    })),
  )
}

/** The members under `principal` and `context` are checked by the policy's schema when the request is decided. */
function requestOf(line: object): PolicyRequest {
  return completeSketch(line as Sketch)
}

function compare(name: string, expect: Scenario['expect'], decision: Decision): Failure {
  const got = { ...decision, shadow: decision.shadow ?? [] }
  const told = Object.entries(expect).map(
    ([member, value]) => [member, canonicalJson(value), canonicalJson(got[member as keyof Decision])] as const,
  )
  const detail = told
    .filter(([, expected, actual]) => expected !== actual)
    .map(([member, expected, actual]) => `${member}: expected ${expected}, got ${actual}`)
  return { name, detail: detail.join('; ') }
}

function report(lines: readonly Failure[]): TableReport {
  const failures = lines.filter((line) => line.detail !== '')
  return { passed: lines.length - failures.length, failures }
}
