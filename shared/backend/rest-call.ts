/** Header → member of the answer; a header that is not there leaves its member out. */
export interface HeaderMembers {
  readonly members: Readonly<Record<string, string>>
  /** Members that are whole numbers. */
  readonly numbers?: readonly string[]
  /** Every header of this prefix becomes an item of this member. */
  readonly prefixed?: { readonly member: string; readonly prefix: string }
}

/** One list in an XML answer: where its elements are, and which of their descendants are kept under which name. */
export interface XmlList {
  /** Element names from the root (or from the item that holds the list) to the repeated element, with `/`. */
  readonly path: string
  readonly members: Readonly<Record<string, string | XmlList>>
  /** Members that are whole numbers. */
  readonly numbers?: readonly string[]
  /** The member that is an ETag: it gets the quotes that a condition wants, where the listing leaves them out. */
  readonly etag?: string
  /** The member that names an object: items that the deployment does not list are left out. */
  readonly object?: string
}

/**
 * What a backend answers with. `json` (also text) is passed on whole; of the others only what is named here gets out.
 * `bytes` is content, as text or base64, with the range that it is of.
 */
export type RestAnswer =
  | { readonly kind: 'json' }
  | ({ readonly kind: 'headers' } & HeaderMembers)
  | ({ readonly kind: 'bytes' } & HeaderMembers)
  | {
      readonly kind: 'xml'
      /** Name of the root element. */
      readonly root: string
      readonly lists: Readonly<Record<string, XmlList>>
      /** Texts beside the lists; an empty one is left out. */
      readonly members?: Readonly<Record<string, string>>
      /** A text that stands there only where there is more; it makes the answer `truncated` and is not passed on. */
      readonly more?: string
    }
  | TableAnswer

/**
 * A result set within a JSON answer, passed on as `{columns, rows}` with rows as lists: the names at `columns` (a
 * pointer with `*` for the items, as in `/tables/0/columns/N/name` with a star for N), and at `rows` a list of lists (each cell at `cell`
 * within the item, where that is no plain value) or of objects, whose members are then the columns.
 */
export interface TableAnswer {
  readonly kind: 'table'
  readonly rows: string
  /** Absent: rows are objects. */
  readonly columns?: string
  /** Pointer of the list of cells within one row, where the row is an object: `/f`, `/Data`. */
  readonly cells?: string
  /** Pointers of the value within one cell; the first that is there counts: `/v`, `/VarCharValue`. */
  readonly cell?: readonly string[]
  /** The first row repeats the names. */
  readonly header?: true
  /** Further members that are passed on beside the table: pointer → name. */
  readonly members?: Readonly<Record<string, string>>
}

/**
 * Where a page says how to get the next one: a JSON pointer, or the name of a header. Agents get a `cursor` of ours in
 * the place of it (sealed, theirs alone, for this operation and these inputs) and give it back as the input `cursor`.
 * `link`: what stands there is a URL, which has to lead to the same host and path (in the header `link`, the one of
 * relation `next`). Otherwise it is a token, and goes into a query parameter, a header or a member of the body (its name,
 * or a JSON pointer). The other inputs are repeated with it.
 */
export interface Paging {
  readonly from: { readonly pointer: string } | { readonly header: string }
  /** The link may have any path under the base URL. */
  readonly underBase?: true
  readonly into: 'link' | { readonly query: string } | { readonly header: string } | { readonly body: string }
}

/**
 * Work that goes on after the first answer (202, or a state within it). It is asked after until it is over or the call's
 * time is; then the agent gets `{status: "running", handle}` and goes on at the same route with `Operation-Handle`.
 */
export interface LongRunning {
  /** Which header says where to ask (same host), or a path, in which `{/pointer}` takes a text of the first answer. */
  readonly poll:
    | { readonly header: 'location' | 'operation-location' | 'azure-asyncoperation' | 'content-location' }
    | { readonly path: string }
  /**
   * Pointer of the state (text, number or boolean) in what asking answers; absent: 202 is running, any other success is
   * over.
   */
  readonly state?: string
  /**
   * States that are its end, well or badly; any other is running. Compared without regard to case. Unless given:
   * `succeeded`, and `failed`, `canceled`, `cancelled`.
   */
  readonly done?: readonly string[]
  readonly failed?: readonly string[]
  /**
   * Where the result is then: the last answer itself unless given; a path as above, what follows the asked path, or the
   * last answer's Location. Paths get the operation's fixed query and headers.
   */
  readonly result?: { readonly path: string } | { readonly suffix: string } | { readonly header: 'location' }
  /** Seconds between two questions where no Retry-After says it; default 2. */
  readonly every?: number
}

/** JSON in which a text that is `{name}` and nothing else takes the input of that name, and its member goes without it. */
export type BodyTemplate =
  | null
  | boolean
  | number
  | string
  | readonly BodyTemplate[]
  | { readonly [name: string]: BodyTemplate }

/** What a REST call sends. In texts `{name}` takes the input of that name; without the input the text is left out. */
export interface RestParts {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Inputs that go into the query string, by name; or parameter → input where the names differ (`$filter`). */
  readonly query?: readonly string[] | Readonly<Record<string, string>>
  /** Query parameters whose text the declaration gives. */
  readonly fixedQuery?: Readonly<Record<string, string>>
  /** The query input that says how many items to return; the row limit bounds it. */
  readonly pageSize?: string
  /** Headers whose text the declaration gives, in small letters. */
  readonly headers?: Readonly<Record<string, string>>
  /** Inputs that say which bytes to return, from 0. */
  readonly range?: { readonly offset: string; readonly length: string }
  /** Inputs that make up the JSON body, by name. */
  readonly body?: readonly string[]
  /** The JSON body where it has a form of its own. */
  readonly template?: BodyTemplate
  /** The input that is the JSON body as it stands. */
  readonly document?: string
  /** Inputs that make up a body of bytes: the text, how it is written (`text` or `base64`), its media type. */
  readonly content?: { readonly text: string; readonly encoding: string; readonly type: string }
  /** The backend takes an `Idempotency-Key`: ours is made of the caller's, so that a repeat cannot act twice. */
  readonly idempotencyKey?: boolean
  /**
   * Host suffixes to which the backend may send us for the content: one redirect is followed then, by us and without
   * any token, since what is behind it opens to whoever has the link. Anything else ends the call.
   */
  readonly redirect?: readonly string[]
  /** Default: JSON. */
  readonly answer?: RestAnswer
  /** Members of the answer that are never passed on (links with a signature, keys): JSON pointers with `*`. */
  readonly drop?: readonly string[]
  readonly page?: Paging
  readonly longRunning?: LongRunning
}

/** A REST call as an operation declares it. */
export interface RestCall extends RestParts {
  readonly technology: 'rest'
  /**
   * Path under the backend's base URL; `{name}` takes the input of that name, URL-encoded as one segment, `{+name}` as
   * a path whose segments are each encoded, `{@name}` the deployment's value of that name, as one segment.
   */
  readonly path: string
}

/** Names of the inputs in a text. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name ?? '')
}
