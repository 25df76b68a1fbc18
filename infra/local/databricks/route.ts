import type { Place } from './faults.ts'
import type { Genie } from './genie-room.ts'
import type { WorkspaceObjects } from './objects.ts'
import type { Reply } from './reply.ts'
import type { Statements } from './statements.ts'
import type { WorkspaceUser } from './users.ts'
import type { Warehouses } from './warehouses.ts'

/** One request of a user of the workspace; `body` is parsed JSON. */
export interface Asked {
  readonly method: string
  readonly url: URL
  readonly body: unknown
  /** The body as it came. */
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly user: WorkspaceUser
  readonly userAgent: string
}

/** What the routes work on. */
export interface Parts {
  readonly statements: Statements
  readonly warehouses: Warehouses
  /** Answers statements about the system tables. */
  readonly audit: { readonly answerPerson: (asked: Pick<Asked, 'body' | 'user'>) => Reply }
  readonly genie: Genie
  readonly objects: WorkspaceObjects
}

/** One route of the API. */
export interface Route {
  readonly place: Place
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: RegExp
  readonly handle: (asked: Asked, parts: Parts, found: readonly string[]) => Reply | Promise<Reply>
}
