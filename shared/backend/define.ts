import type * as z from 'zod'
import type { Dialect } from '../sql/statement.ts'
import type { FixedStatement } from './databricks-call.ts'
import type { CosmosCall, MongoCall } from './document-call.ts'
import type { Effect } from './effect.ts'
import type { GenieCall } from './genie-call.ts'
import type { McpCall } from './mcp-call.ts'
import type { OpenAiCall } from './openai-call.ts'
import type { OperationProof } from './operation-proof.ts'
import type { PreviewTemplate, Reference } from './references.ts'
import type { RestCall, RestParts } from './rest-call.ts'
import type { RunsAs } from './runner.ts'
import type { SshCall } from './ssh-call.ts'
import type { MysqlCall, TdsCall } from './statement-call.ts'
import type { WarehouseCall } from './warehouse-call.ts'

/** The Azure clouds that one deployment can stand in; a deployment stands in exactly one. */
export type Cloud = 'public' | 'usgov' | 'china'

/** One value a cloud; null = nobody has said what it is there, so that a deployment in that cloud refuses it. */
export type PerCloud<T> = Readonly<Record<Cloud, T | null>>

/** A schema behind a thunk, so that a process that never serves a backend never builds its schemas. */
export type SchemaThunk = () => z.ZodType

/** How an operation reaches its backend: one variant a technology, named as the file in `shared/upstream/`. */
export type CallTemplate =
  | RestCall
  | CosmosCall
  | GenieCall
  | McpCall
  | MongoCall
  | MysqlCall
  | OpenAiCall
  | SshCall
  | TdsCall
  | WarehouseCall
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
      /** A statement of ours in the place of the agent's. */
      readonly fixed?: FixedStatement
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
  /** `other` runs with an identity that is not the caller's (jobs, embedded credentials); or where that can be read. */
  readonly runsAs?: RunsAs
  /** Name of the backend's further endpoint that it goes to, with that endpoint's own token. */
  readonly at?: string
  /** What a reader of the documentation has to know of this operation. */
  readonly note?: string
  /** Why nobody can do this as the person: it is declared so that the answer says it, and always denied. */
  readonly unsupported?: string
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
  /** The input that holds a command of a machine; judged by the deployment's list of them before policy sees the call. */
  readonly command?: { readonly input: string; readonly listed?: readonly string[] }
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
  /** Where the backend says whose work this is; it has to be the person's. */
  readonly proves?: OperationProof
  /** Members that say of a good status that it failed: pointer (`*` for items) → values; no values: that it is there. */
  readonly fails?: Readonly<Record<string, readonly string[]>>
  /** Inputs that choose by members of the object, so that what comes back tells their values: input → members. */
  readonly compares?: Readonly<Record<string, readonly string[]>>
}

/** How a backend says whom it sees. */
export type IdentityProbe =
  | { readonly method: 'session_user' }
  | { readonly method: 'request'; readonly path: string; readonly oid: string; readonly tid?: string }

/** A delegated permission of an API, to be granted to Countersign's registration. */
export interface Permission {
  /** The API's application id, or `tenant-defined` where the company has its own registration. */
  readonly resource: string
  readonly name: string
  /** Names of the delegated scopes. */
  readonly scopes: readonly string[]
}

/** Where calls go, and for which API the person's token is exchanged. */
export interface Endpoint {
  /**
   * Delegated scope of the exchange, a cloud each; `configured` reads it from the deployment's own settings, `host`
   * makes it of the base URL (`https://<host>/.default`).
   */
  readonly scope: PerCloud<string> | 'configured' | 'host'
  readonly permission?: Permission
  /** Host name suffixes that the deployment may point it at, a cloud each; empty = any host that the setting names. */
  readonly hostSuffixes: PerCloud<readonly string[]>
  /** The base URL where it is the same for everybody; a deployment may name another under the suffixes. */
  readonly base?: PerCloud<string>
  readonly identityProbe?: IdentityProbe
}

/** One value that a deployment sets for a backend; templates take it as `{@name}`. */
export interface DeploymentValue {
  readonly description: string
  /** What it has to match as a whole; absent: one path segment. */
  readonly pattern?: RegExp
  readonly optional?: true
}

/** Services that make of an exchanged token one that a foreign system takes, for the same person. */
export type TokenServiceName = 'aws' | 'google' | 'salesforce' | 'sap'

/** How far calls really happen as the person; shown in the documentation. */
export type Honesty = 'yes' | 'conditional' | 'partial' | 'by-token-service'

/** A governed API: everything that HTTP routes, tools, OpenAPI, policy names and documentation derive from. */
export interface Backend extends Endpoint {
  readonly name: string
  readonly title: string
  /** Further APIs that single operations go to, by the name that `Operation.at` gives. */
  readonly endpoints?: Readonly<Record<string, Endpoint>>
  readonly honesty?: Honesty
  /** What holds and what does not: shown in the documentation and the console, whole sentences. */
  readonly notes?: readonly string[]
  /** Values that a deployment sets under `values`. */
  readonly values?: Readonly<Record<string, DeploymentValue>>
  /**
   * Inputs that a deployment may narrow: input name → name of a list under `allow`. A list that is not set leaves the
   * input to the person's own rights, an empty one allows nothing. Names that start with `!` have to be set.
   */
  readonly limits?: Readonly<Record<string, string>>
  /** Headers that carry our ids into the backend's own log, beside the usual; `{decisionId}` takes the call's. */
  readonly correlation?: Readonly<Record<string, string>>
  /** Names of answer headers, in small letters, that go into the outcome row beside the usual. */
  readonly records?: readonly string[]
  readonly tokenService?: TokenServiceName
  /** The only objects that a call may name; from the deployment's configuration, where operations name objects. */
  readonly objects?: readonly string[]
  /** Anybody may have written what it answers (mail, tickets, pages): its texts are searched for identifiers. */
  readonly untrusted?: boolean
  /** Members of the deployment's settings for it, besides its address, without which it cannot be called. */
  readonly requires?: readonly 'warehouses'[]
  readonly operations: Readonly<Record<string, Operation>>
}

type PathParameter<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `+${infer Plain}` ? Plain : Name extends `@${string}` ? never : Name) | PathParameter<Rest>
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

/** Where an operation goes: the backend's own endpoint, or one of its further ones. */
export function endpointOf(backend: Backend, at: string | undefined): Endpoint {
  return (at === undefined ? undefined : backend.endpoints?.[at]) ?? backend
}

/** Names one endpoint of one backend, where values are kept for each. */
export function endpointKey(backend: string, at: string | undefined): string {
  return at === undefined ? backend : `${backend}/${at}`
}

const backendName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const operationName = /^[a-z][A-Za-z0-9]*$/

/** Freezes a declaration after checking its names; a wrong name is a programmer's mistake and stops the start. */
export function defineBackend(backend: Backend): Backend {
  if (!backendName.test(backend.name)) throw new TypeError(`backend name ${backend.name} is not kebab-case`)
  for (const name of Object.keys(backend.operations)) {
    if (!operationName.test(name)) throw new TypeError(`operation name ${backend.name}.${name} is not camelCase`)
  }
  const at = Object.values(backend.operations).find(
    ({ at }) => at !== undefined && backend.endpoints?.[at] === undefined,
  )
  if (at !== undefined) throw new TypeError(`backend ${backend.name} has no endpoint ${at.at}`)
  return Object.freeze(backend)
}
