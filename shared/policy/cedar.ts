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
  /** The place of each set in the engine's memory, the least lately used first; places without; schemas that it has. */
  readonly places: Map<Named, string>
  readonly free: string[]
  readonly schemas: Set<string>
  /** Set once the engine threw: its memory cannot be trusted any more, only a new process helps. */
  broken: string | null
}

/** Sets that the engine holds at once. */
const mostPlaces = 128
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
    actionGroups: (schema) => actionGroups(runtime, schema),
  }
}

async function start(): Promise<Runtime> {
  try {
    // V8 11 (Node 20) aborts the whole process when it has to deoptimise a caller into which it inlined a call of
    // WebAssembly that returns an object, as every call of this engine does. Calls are a little slower without.
    setFlagsFromString('--no-turbo-inline-js-wasm-calls')
    const [cedar, bytes] = await Promise.all([import('@cedar-policy/cedar-wasm/web'), readFile(findWasm())])
    cedar.initSync({ module: bytes })
    const free = Array.from({ length: mostPlaces }, (_, at) => `place-${at}`)
    return { cedar, places: new Map(), free, schemas: new Set(), broken: null }
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
    return answer.json as unknown as PolicyJson
  })
}

function check(runtime: Runtime, source: PolicySource): readonly string[] {
  const policies = { staticPolicies: source.policies as unknown as Record<string, never> }
  const answer = guard(runtime, (cedar) => cedar.validate({ schema: source.schema, policies }))
  if (answer.type === 'failure') return answer.errors.map((one) => one.message)
  const found = [...answer.validationErrors, ...answer.validationWarnings]
  return [
    ...found.map((one) => `${one.policyId}: ${one.error.message}`),
    ...answer.otherWarnings.map((one) => one.message),
  ]
}

type Named = PolicySource & { readonly schemaDigest: string }

function prepare(runtime: Runtime, source: Named): Engine {
  return { ask: (question) => ask(runtime, question, hold(runtime, source)) }
}

/**
 * Where the engine has this set. It keeps what it was given for ever, so there is a bounded number of places, and the
 * set that was not asked for longest gives up its own. A place has no owner while another set is put there: after a
 * failure nobody meets the old one under the new name. The schema's name is a digest, and stays.
 */
function hold(runtime: Runtime, set: Named): Held {
  const { schemaDigest, schema, policies } = set
  const { places, schemas } = runtime
  if (!schemas.has(schemaDigest)) {
    succeed(guard(runtime, (cedar) => cedar.preparseSchema(schemaDigest, schema)))
    schemas.add(schemaDigest)
  }
  const place = places.get(set) ?? occupy(runtime, policies)
  places.delete(set)
  places.set(set, place)
  return { preparsedPolicySetId: place, preparsedSchemaName: schemaDigest }
}

function occupy(runtime: Runtime, policies: PolicySource['policies']): string {
  const { places, free } = runtime
  const [oldest] = places.entries()
  if (free.length === 0 && oldest !== undefined) {
    places.delete(oldest[0])
    free.push(oldest[1])
  }
  const place = free.at(-1) ?? ''
  const staticPolicies = policies as unknown as Record<string, never>
  succeed(guard(runtime, (cedar) => cedar.preparsePolicySet(place, { staticPolicies })))
  free.pop()
  return place
}

function succeed(answer: { readonly type: 'success' } | { readonly type: 'failure'; readonly errors: Messages }): void {
  if (answer.type === 'failure') throw unavailable(wordsOf(answer.errors))
}

interface Held {
  readonly preparsedPolicySetId: string
  readonly preparsedSchemaName: string
}

function ask(runtime: Runtime, question: Question, held: Held): Answer {
  const answer = guard(runtime, (cedar) =>
    cedar.statefulIsAuthorized({
      ...(question as unknown as Pick<Parameters<Cedar['statefulIsAuthorized']>[0], keyof Question>),
      ...held,
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

/** By id, over all namespaces: what two of them say of the same id counts together. */
function actionGroups(runtime: Runtime, schema: string): ReadonlyMap<string, readonly string[]> {
  const answer = guard(runtime, (cedar) => cedar.schemaToJson(schema))
  if (answer.type === 'failure') throw unavailable(`not a schema: ${wordsOf(answer.errors)}`)
  const direct = new Map<string, string[]>()
  for (const [id, { memberOf = [] }] of Object.values(answer.json).flatMap(({ actions }) => Object.entries(actions)))
    direct.set(id, [...(direct.get(id) ?? []), ...memberOf.map((group) => group.id)])
  const above = (id: string, found = new Set<string>()): Set<string> => {
    for (const group of direct.get(id) ?? []) if (!found.has(group)) above(group, found.add(group))
    return found
  }
  return new Map([...direct.keys()].map((id) => [id, [...above(id)]]))
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

type Messages = readonly { readonly message: string }[]

function wordsOf(errors: Messages): string {
  return errors.map((one) => one.message).join('; ')
}

function unavailable(reason: string, cause?: unknown): Problem {
  return new Problem('policy_unavailable', 'The policy is unavailable.', { reason, cause })
}
