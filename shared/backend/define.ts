import type * as z from 'zod'
import type { Dialect } from '../sql/statement.ts'
import type { Effect } from './effect.ts'
import type { PreviewTemplate, Reference } from './references.ts'
import type { RestCall, RestParts } from './rest-call.ts'

/** The Azure clouds that one deployment can stand in; a deployment stands in exactly one. */
export type Cloud = 'public' | 'usgov' | 'china'

/** A schema behind a thunk, so that a process that never serves a backend never builds its schemas. */
export type SchemaThunk = () => z.ZodType

/** How an operation reaches its backend: one variant a technology, named as the file in `shared/upstream/`. */
export type CallTemplate =
  | RestCall
  | {
      readonly technology: 'postgres'
      /** A server-side guard: the statement runs in a READ ONLY transaction. */
      readonly readOnly: boolean
      /** The agent's own statement (input names), or a statement of ours whose values come from inputs. */
      readonly statement:
        | { readonly from: 'input'; readonly text: string; readonly values: string; readonly prefix?: string }
        | { readonly from: 'declaration'; readonly text: string; readonly values: readonly string[] }
    }
  | {
      readonly technology: 'databricks'
      readonly action: DatabricksAction
      /** The inputs that the action takes, by the part that each plays in it. */
      readonly inputs: Readonly<Partial<Record<DatabricksPart, string>>>
    }

/** What can be asked of a Databricks workspace. */
export type DatabricksAction =
  | 'execute'
  | 'get'
  | 'chunk'
  | 'cancel'
  | 'list-warehouses'
  | 'start-warehouse'
  | 'stop-warehouse'
  | 'history'

/** `wait` is in seconds, `handle` stands for a statement that this gateway submitted, `chunk` counts from 0. */
export type DatabricksPart = 'statement' | 'parameters' | 'warehouse' | 'wait' | 'handle' | 'chunk' | 'limit' | 'page'

/** One declared method of a backend. */
export interface Operation {
  readonly summary: string
  /** The worst effect that a call of it may have; a payload that does more is refused. */
  readonly effect: Effect
  /** `other` runs with an identity that is not the caller's (jobs, embedded credentials). */
  readonly runsAs?: 'person' | 'other'
  /** Sends data out of the company's own systems: mail, a ticket, a share, a public link. */
  readonly egress?: boolean
  /** Brings back text that people outside wrote: mail, tickets, web pages. Whoever reads it is tainted for eight hours. */
  readonly untrusted?: boolean
  /** Strict object: unknown members are refused. */
  readonly inputs: SchemaThunk
  /** The input that holds a statement, and its dialect; parsed before policy sees the call. */
  readonly statement?: {
    readonly input: string
    readonly dialect: Dialect
    /** It is planned and not run: whatever it would change, it only reads. */
    readonly explained?: true
  }
  /** The input that names the object that a call touches; its value is what policy and the book hear of. */
  readonly object?: string
  /** How many rows a call would touch, for whoever has to approve it. */
  readonly preview?: PreviewTemplate
  /** What a call refers to and does not carry with it. */
  readonly references?: Reference
  readonly call: CallTemplate
  /** JSON pointers of the answer's members to their labels; `*` stands for every member or item. */
  readonly labels?: Readonly<Record<string, string>>
  /** Members that tell others' values, as a page's marker does the next name: pointer → members whose label they take. */
  readonly tells?: Readonly<Record<string, readonly string[]>>
  /** Inputs that choose by members of the object, so that what comes back tells their values: input → members. */
  readonly compares?: Readonly<Record<string, readonly string[]>>
}

/** How a backend says whom it sees. */
export type IdentityProbe =
  | { readonly method: 'session_user' }
  | { readonly method: 'request'; readonly path: string; readonly oid: string; readonly tid?: string }

/** A governed API: everything that HTTP routes, tools, OpenAPI, policy names and documentation derive from. */
export interface Backend {
  readonly name: string
  readonly title: string
  /** Delegated scope of the exchange, a cloud each; `configured` reads it from the deployment's own settings. */
  readonly scope: Readonly<Record<Cloud, string>> | 'configured'
  /** Host name suffixes that the deployment may point it at, a cloud each; empty = any host that the setting names. */
  readonly hostSuffixes: Readonly<Record<Cloud, readonly string[]>>
  readonly identityProbe?: IdentityProbe
  /** The only objects that a call may name; from the deployment's configuration, where operations name objects. */
  readonly objects?: readonly string[]
  /** Members of the deployment's settings for it, besides its address, without which it cannot be called. */
  readonly requires?: readonly 'warehouses'[]
  readonly operations: Readonly<Record<string, Operation>>
}

type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `+${infer Plain}` ? Plain : Name) | PathParameter<Rest>
  : never

/** A REST call whose template parameters the type system checks against the inputs' names. */
export function rest<const Path extends string, const Names extends readonly string[]>(
  call: RestParts & {
    readonly path: Path
    readonly parameters: Names & ([PathParameter<Path>] extends [Names[number]] ? unknown : never)
  },
): CallTemplate {
  const { parameters: _parameters, ...template } = call
  return { technology: 'rest', ...template }
}

const backendName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const operationName = /^[a-z][A-Za-z0-9]*$/

/** Freezes a declaration after checking its names; a wrong name is a programmer's mistake and stops the start. */
export function defineBackend(backend: Backend): Backend {
  if (!backendName.test(backend.name)) throw new TypeError(`backend name ${backend.name} is not kebab-case`)
  for (const name of Object.keys(backend.operations)) {
    if (!operationName.test(name)) throw new TypeError(`operation name ${backend.name}.${name} is not camelCase`)
  }
  return Object.freeze(backend)
}
