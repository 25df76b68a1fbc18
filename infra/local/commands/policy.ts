import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ZodError } from 'zod'
import { effects } from '../../../shared/backend/effect.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { loadPolicy } from '../../../shared/policy/cedar.ts'
import type { Decision, PolicyRequest } from '../../../shared/policy/decision.ts'
import { wouldPassIf } from '../../../shared/policy/explain.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { readPolicyFolder } from '../../../shared/policy/policy-folder.ts'
import { isReasonCode, reasons } from '../../../shared/policy/reasons.ts'
import { policyRequestSchema } from '../../../shared/policy/request.ts'
import { localDirectory } from '../../policy/local-directory.ts'
import { completeSketch, type Sketch } from '../../policy/sketch.ts'
import { readTables, runNevers, runScenarios, type TableReport } from '../../policy/tables.ts'

const shippedFolder = fileURLToPath(new URL('../../policy', import.meta.url))

const usage = `usage: npm run policy -- <command> [--folder DIR]

  test      decides every line of the tables and compares
  lint      loads the set; anything wrong, warnings included, refuses
  explain   one decision: a request as JSON from FILE or standard input, or
            --persona NAME --backend NAME --operation NAME --effect ${effects.join('|')}
            [--declared EFFECT] [--reads a.b]… [--writes a.b]… [--labels x.y]… [--approvals RULE]…
            [--auth-context c1]… [--statements N] [--tainted] [--public-client] [--runs-as-other] [--json]
`

const flags = {
  folder: { type: 'string', default: shippedFolder },
  persona: { type: 'string' },
  backend: { type: 'string' },
  operation: { type: 'string' },
  effect: { type: 'string' },
  declared: { type: 'string' },
  reads: { type: 'string', multiple: true },
  writes: { type: 'string', multiple: true },
  labels: { type: 'string', multiple: true },
  approvals: { type: 'string', multiple: true },
  'auth-context': { type: 'string', multiple: true },
  statements: { type: 'string', default: '1' },
  tainted: { type: 'boolean', default: false },
  'public-client': { type: 'boolean', default: false },
  'runs-as-other': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

type Parsed = ReturnType<typeof parse>

const commands: Readonly<Record<string, (parsed: Parsed) => Promise<number>>> = { test, lint, explain }

/**
 * `npm run policy`: tests, checks and explains policy decisions without a running stack. Exit code 0 where all is well
 * (also where the decision that was explained is a denial), 1 where it is not, 64 where the command was not understood.
 */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(usage)
    return 0
  }
  try {
    const parsed = parse(args)
    const [name = ''] = parsed.positionals
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (command !== undefined) return await command(parsed)
    process.stderr.write(usage)
    return 64
  } catch (error) {
    process.stderr.write(`policy: ${wordsOf(error)}\n`)
    return 1
  }
}

function wordsOf(error: unknown): string {
  if (error instanceof Problem) return error.reason
  if (!(error instanceof ZodError)) return error instanceof Error ? error.message : String(error)
  return ['the request is not complete', ...error.issues.map(describeIssue)].join('\n  ')
}

function describeIssue({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  return `${path.join('.') || 'request'}: ${message}`
}

function parse(args: readonly string[]) {
  return parseArgs({ args: [...args], options: flags, allowPositionals: true })
}

async function load(folder: string): Promise<Policy> {
  const source = await readPolicyFolder(folder)
  return loadPolicy({ ...source, ...localDirectory(source.groups) })
}

async function lint({ values }: Parsed): Promise<number> {
  const policy = await load(values.folder)
  process.stdout.write(`${policy.rules.length} policies are well, digest ${policy.policyDigest}\n`)
  return 0
}

async function test({ values }: Parsed): Promise<number> {
  const policy = await load(values.folder)
  const { scenarios, nevers } = await readTables(`${values.folder}/tests`)
  return report([runScenarios(policy, scenarios), runNevers(policy, nevers)])
}

function report(reports: readonly TableReport[]): number {
  const failures = reports.flatMap((one) => one.failures)
  for (const { name, detail } of failures) process.stdout.write(`FAILED ${name}\n       ${detail}\n`)
  const passed = reports.reduce((sum, one) => sum + one.passed, 0)
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`)
  return failures.length === 0 ? 0 : 1
}

async function explain({ values, positionals }: Parsed): Promise<number> {
  const policy = await load(values.folder)
  const request = values.persona === undefined ? await readRequest(positionals[1]) : sketchOf(values)
  const decision = policy.decide(request)
  const passes = wouldPassIf(decision, request)
  const text = values.json
    ? JSON.stringify({ ...decision, wouldPassIf: passes })
    : inWords(
        policy,
        decision,
        passes.map((one) => one.advice),
      )
  process.stdout.write(`${text}\n`)
  return 0
}

async function readRequest(file: string | undefined): Promise<PolicyRequest> {
  return policyRequestSchema().parse(JSON.parse(await readFile(file ?? '/dev/stdin', 'utf8')))
}

function sketchOf(values: Parsed['values']): PolicyRequest {
  const sketch = {
    who: values.persona ?? '',
    backend: values.backend ?? '',
    operation: values.operation ?? '',
    effect: values.effect as Sketch['effect'],
    declaredEffect: (values.declared ?? values.effect) as Sketch['effect'],
    runsAs: values['runs-as-other'] ? 'other' : 'person',
    reads: values.reads ?? [],
    writes: values.writes ?? [],
    labels: values.labels ?? [],
    principal: { authContexts: values['auth-context'] ?? [], publicClient: values['public-client'] },
    context: { tainted: values.tainted, statements: Number(values.statements), approvals: values.approvals ?? [] },
  } as const
  return policyRequestSchema().parse(completeSketch(sketch))
}

function inWords(policy: Policy, decision: Decision, advice: readonly string[]): string {
  const titles = new Map(policy.rules.map((rule) => [rule.id, rule.title]))
  const says = (code: string) => (isReasonCode(code) ? `${code}: ${reasons[code].says}` : code)
  return [
    decision.verdict,
    ...section('because', decision.reasons.map(says)),
    ...section(
      'by',
      decision.rules.map((id) => `${id}: ${titles.get(id) ?? ''}`),
    ),
    ...section(
      'provided that',
      decision.obligations.map((one) => JSON.stringify(one)),
    ),
    ...section('seen in clear', decision.clearLabels),
    ...section('would pass if', advice),
    `policy ${decision.policyDigest.slice(0, 12)}, schema ${decision.schemaDigest.slice(0, 12)}`,
  ].join('\n')
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}
