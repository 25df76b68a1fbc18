import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { Problem } from '../errors/problem.ts'
import type { Answer, Engine, PolicyJson, PolicyLanguage, PolicySource, Question } from './language.ts'
import type { PolicyOptions } from './loader.ts'
import { createPolicy, type Policy } from './policy.ts'

type Cedar = typeof import('@cedar-policy/cedar-wasm/web')

interface Runtime {
  readonly cedar: Cedar
  /** Set once the engine threw: its memory cannot be trusted any more, only a new process helps. */
  broken: string | null
}

const wasmName = 'cedar_wasm_bg.wasm'
let started: Promise<Runtime> | undefined

/** Loads a policy set with Cedar. The engine itself is started once per process, at the first call. */
export async function loadPolicy(options: PolicyOptions): Promise<Policy> {
  return createPolicy(await loadCedar(), options)
}

/** The Cedar policy language (WebAssembly). Throws Problem `policy_unavailable` where it cannot be started. */
export async function loadCedar(): Promise<PolicyLanguage> {
  started ??= start()
  const runtime = await started
  return {
    parse: (text) => parse(runtime, text),
    check: (source) => check(runtime, source),
    prepare: (source) => prepare(runtime, source),
  }
}

async function start(): Promise<Runtime> {
  try {
    // V8 11 (Node 20) aborts the whole process when it has to deoptimise a caller into which it inlined a call of
    // WebAssembly that returns an object, as every call of this engine does. Calls are a little slower without.
    setFlagsFromString('--no-turbo-inline-js-wasm-calls')
    const [cedar, bytes] = await Promise.all([import('@cedar-policy/cedar-wasm/web'), readFile(findWasm())])
    cedar.initSync({ module: bytes })
    return { cedar, broken: null }
  } catch (cause) {
    started = undefined
    throw unavailable('the engine cannot be started', cause)
  }
}

/** Beside the bundle, or in the package when run from source. */
function findWasm(): URL | string {
  const beside = new URL(`./${wasmName}`, import.meta.url)
  if (existsSync(beside)) return beside
  // The `web` build has no condition for `require`; its neighbour does.
  const neighbour = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')
  return neighbour.replace(/nodejs[\\/][^\\/]+$/, `web/${wasmName}`)
}

function parse(runtime: Runtime, text: string): readonly PolicyJson[] {
  const parts = guard(runtime, (cedar) => cedar.policySetTextToParts(text))
  if (parts.type === 'failure') throw unavailable(`not Cedar: ${wordsOf(parts.errors)}`)
  if (parts.policy_templates.length > 0) throw unavailable('templates are not supported')
  return parts.policies.map((part) => {
    const answer = guard(runtime, (cedar) => cedar.policyToJson(part))
    if (answer.type === 'failure') throw unavailable(`not Cedar: ${wordsOf(answer.errors)}`)
    return answer.json
  })
}

function check(runtime: Runtime, source: PolicySource): readonly string[] {
  const policies = { staticPolicies: source.policies as Record<string, never> }
  const answer = guard(runtime, (cedar) => cedar.validate({ schema: source.schema, policies }))
  if (answer.type === 'failure') return answer.errors.map((one) => one.message)
  const found = [...answer.validationErrors, ...answer.validationWarnings]
  return [
    ...found.map((one) => `${one.policyId}: ${one.error.message}`),
    ...answer.otherWarnings.map((one) => one.message),
  ]
}

/** Prepared under names that are digests: a failed attempt can never leave an older set under the same name. */
function prepare(runtime: Runtime, source: PolicySource & { policyDigest: string; schemaDigest: string }): Engine {
  const { policyDigest, schemaDigest, schema } = source
  const policies = { staticPolicies: source.policies as Record<string, never> }
  const answers = guard(runtime, (cedar) => [
    cedar.preparseSchema(schemaDigest, schema),
    cedar.preparsePolicySet(policyDigest, policies),
  ])
  for (const answer of answers) if (answer.type === 'failure') throw unavailable(wordsOf(answer.errors))
  return { ask: (question) => ask(runtime, question, { policyDigest, schemaDigest }) }
}

function ask(runtime: Runtime, question: Question, names: { policyDigest: string; schemaDigest: string }): Answer {
  const answer = guard(runtime, (cedar) =>
    cedar.statefulIsAuthorized({
      ...(question as unknown as Pick<Parameters<Cedar['statefulIsAuthorized']>[0], keyof Question>),
      preparsedPolicySetId: names.policyDigest,
      preparsedSchemaName: names.schemaDigest,
      validateRequest: true,
    }),
  )
  if (answer.type === 'failure') throw unavailable(`the request does not fit the schema: ${wordsOf(answer.errors)}`)
  const { decision, diagnostics } = answer.response
  return {
    allowed: decision === 'allow',
    reasons: [...diagnostics.reason].sort(),
    errors: diagnostics.errors.map((one) => one.policyId).sort(),
  }
}

function guard<T>(runtime: Runtime, use: (cedar: Cedar) => T): T {
  if (runtime.broken !== null) throw unavailable(runtime.broken)
  try {
    return use(runtime.cedar)
  } catch (cause) {
    runtime.broken = 'the engine broke down'
    throw unavailable(runtime.broken, cause)
  }
}

function wordsOf(errors: readonly { readonly message: string }[]): string {
  return errors.map((one) => one.message).join('; ')
}

function unavailable(reason: string, cause?: unknown): Problem {
  return new Problem('policy_unavailable', 'The policy is unavailable.', { reason, cause })
}
