import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ZodError } from 'zod'
import { effects } from '../../../shared/backend/effect.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import type { Decision, PolicyRequest } from '../../../shared/policy/decision.ts'
import { wouldPassIf } from '../../../shared/policy/explain.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { isReasonCode, reasons } from '../../../shared/policy/reasons.ts'
import { policyRequestSchema } from '../../../shared/policy/request.ts'
import { completeSketch, type Sketch } from '../../policy/sketch.ts'
import { readTables, runCoverage, runNevers, runScenarios, type TableReport } from '../../policy/tables.ts'
import { loadFolder } from '../policy/folder.ts'
import { lintFolder } from '../policy/lint.ts'
import { makeKey, makeRelease, publishRelease } from '../policy/release.ts'
import { readFailOn, replayPast } from '../policy/replay.ts'

const shippedFolder = fileURLToPath(new URL('../../policy', import.meta.url))

const usage = `usage: npm run policy -- <command> [--folder DIR]

  test      decides every line of the tables and compares; a policy that no line is decided by fails
  lint      loads the set; anything wrong, warnings included, refuses; and so does what is legal and hardly meant
            [--shadow-days N]
  replay    past decisions, by another set: --candidate DIR [--since 24h|30d|TIME] [--bundle DIR] [--json]
            [--fail-on newly-permitted,newly-denied,…] [--home-tenant GUID]: exit code 0 no difference, 2 some, 1 error
  keygen    a signer's key: --out FILE; prints the public half for COUNTERSIGN_POLICY_SIGNERS
  release   makes and signs a release of the folder: --key FILE --signer NAME [--previous FILE] [--notes TEXT]
            [--out FILE]; with --back FILE the content of an earlier one; or signs one that somebody else made: --sign FILE
  publish   puts a release where the running stack looks for it: --release FILE
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
  'shadow-days': { type: 'string', default: '90' },
  candidate: { type: 'string' },
  since: { type: 'string', default: '30d' },
  bundle: { type: 'string' },
  'home-tenant': { type: 'string' },
  'fail-on': { type: 'string' },
  key: { type: 'string' },
  signer: { type: 'string' },
  sign: { type: 'string' },
  previous: { type: 'string' },
  back: { type: 'string' },
  notes: { type: 'string', default: 'no notes' },
  out: { type: 'string' },
  release: { type: 'string' },
} as const

type Parsed = ReturnType<typeof parse>

const commands: Readonly<Record<string, (parsed: Parsed) => Promise<number>>> = {
  test,
  lint: ({ values }) => lintFolder(values.folder, Number(values['shadow-days'])),
  explain,
  replay,
  keygen: ({ values }) => makeKey(need(values.out, '--out')),
  release,
  publish: ({ values }) => publishRelease(need(values.release, '--release')),
}

/**
 * `npm run policy`: tests, checks, explains, replays and releases policies. Exit code 0 where all is well (also where the
 * decision that was explained is a denial), 1 where it is not, 2 where a replay differs, 64 where it was not understood.
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

function need(value: string | undefined, flag: string): string {
  if (value === undefined) throw new Error(`${flag} is missing`)
  return value
}

function replay({ values }: Parsed): Promise<number> {
  const { folder, since, bundle, json } = values
  const candidate = need(values.candidate, '--candidate')
  const failOn = readFailOn(values['fail-on'])
  return replayPast({ folder, candidate, since, bundle, json, failOn, homeTenant: values['home-tenant'] })
}

function release({ values }: Parsed): Promise<number> {
  const { folder, notes, previous, sign, back } = values
  const [key, signer] = [need(values.key, '--key'), need(values.signer, '--signer')]
  const out = values.out ?? sign ?? 'release.json'
  return makeRelease({ folder, notes, previous, sign, back, key, signer, out })
}

async function test({ values }: Parsed): Promise<number> {
  const policy = await loadFolder(values.folder)
  const { scenarios, nevers } = await readTables(`${values.folder}/tests`)
  return report([runScenarios(policy, scenarios), runNevers(policy, nevers), runCoverage(policy, scenarios)])
}

function report(reports: readonly TableReport[]): number {
  const failures = reports.flatMap((one) => one.failures)
  for (const { name, detail } of failures) process.stdout.write(`FAILED ${name}\n       ${detail}\n`)
  const passed = reports.reduce((sum, one) => sum + one.passed, 0)
  process.stdout.write(`${passed} passed, ${failures.length} failed\n`)
  return failures.length === 0 ? 0 : 1
}

async function explain({ values, positionals }: Parsed): Promise<number> {
  const policy = await loadFolder(values.folder)
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
  const { shadow = [] } = decision
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
    ...section('would be otherwise by what is only watched', shadow),
    `policy ${decision.policyDigest.slice(0, 12)}, schema ${decision.schemaDigest.slice(0, 12)}`,
  ].join('\n')
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}
