import { sha256Hex } from './digest.ts'
import type { Answer, Engine, PolicyJson, PolicyLanguage, PolicySource, Question } from './language.ts'
import { createLately } from './memo.ts'
import { contextMentions, reduceQuestion } from './mentions.ts'
import { type ActionGroups, type Aim, isWithin, readAim, readScope, type Scope } from './scope.ts'

/** How often an answer was known already, and how often it had to be found out. */
export interface MemoCount {
  readonly hits: number
  readonly misses: number
}

/** A set that answers by slices. */
export interface Slices extends Engine {
  /** Ids of the policies that this question is answered by; no other can matter to it. */
  readonly idsFor: (question: Question) => readonly string[]
  readonly count: () => MemoCount
}

export interface SliceOptions extends PolicySource {
  readonly policyDigest: string
  readonly schemaDigest: string
  readonly groups: ActionGroups
}

/** Slices that are known at once, and answers that are kept of all of them. */
const mostSlices = 512
const mostAnswers = 10_000
/** A set of no more policies than this is asked whole: making slices ready would cost more than it saves. */
const smallEnough = 100

interface Slice {
  readonly name: string
  readonly ids: readonly string[]
  readonly engine: Engine
  readonly mentioned: ReadonlySet<string> | null
}

interface Indexed {
  readonly id: string
  readonly policy: PolicyJson
  readonly scope: Scope
}

/**
 * Answers each question by the policies alone whose scope it is in (scope.ts says why that changes nothing), and
 * remembers answers: one is a function of the set and of what its policies look at, and of nothing else. Errors are
 * answers and so are kept; what is thrown is not.
 */
export function createSlices(language: PolicyLanguage, options: SliceOptions, smallSet = smallEnough): Slices {
  const small = Object.keys(options.policies).length <= smallSet
  const find = createFinder(language, options, small ? language.prepare(options) : undefined)
  const answers = createLately<Answer>(mostAnswers)
  const count = { hits: 0, misses: 0 }
  return {
    idsFor: (question) => find(readAim(question)).ids,
    count: () => ({ ...count }),
    ask: (question) => {
      const { name, engine, mentioned } = find(readAim(question))
      const key = sha256Hex(`${name}\n${JSON.stringify(reduceQuestion(question, mentioned))}`)
      const known = answers.find(key)
      count[known === undefined ? 'misses' : 'hits'] += 1
      if (known !== undefined) return known
      const answer = engine.ask(question)
      answers.keep(key, answer)
      return answer
    },
  }
}

/** The slice of an aim. Aims that no scope tells apart have the same. */
function createFinder(language: PolicyLanguage, options: SliceOptions, whole?: Engine): (aim: Aim) => Slice {
  const indexed = Object.entries(options.policies).map(([id, policy]) => ({
    id,
    policy,
    scope: readScope(policy, options.groups),
  }))
  const places = new Set(indexed.flatMap(({ scope }) => scope.places.flatMap((names) => [...names])))
  const types = new Set(indexed.map(({ scope }) => scope.principal))
  const slices = createLately<Slice>(mostSlices)
  return (aim) => {
    const near = [...aim.places].filter((name) => places.has(name)).sort()
    const key = JSON.stringify([aim.action, types.has(aim.principal) ? aim.principal : '', near])
    const known = slices.find(key)
    if (known !== undefined) return known
    const within = indexed.filter(({ scope }) => isWithin(scope, aim))
    const slice = { ...describe(within, options), engine: whole ?? cut(within, language, options) }
    slices.keep(key, slice)
    return slice
  }
}

function describe(within: readonly Indexed[], { policyDigest }: SliceOptions): Omit<Slice, 'engine'> {
  const ids = within.map(({ id }) => id).sort()
  const name = sha256Hex(`countersign-slice/1\n${policyDigest}\n${ids.join('\n')}`)
  return { name, ids, mentioned: contextMentions(within.map(({ policy }) => policy)) }
}

function cut(within: readonly Indexed[], language: PolicyLanguage, { schema, schemaDigest }: SliceOptions): Engine {
  const policies = Object.fromEntries(within.map(({ id, policy }) => [id, policy]))
  return language.prepare({ policies, schema, schemaDigest })
}
