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

/** What a REST call sends. In texts `{name}` takes the input of that name; without the input the text is left out. */
export interface RestParts {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Inputs that go into the query string, by name. */
  readonly query?: readonly string[]
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
  /** Inputs that make up a body of bytes: the text, how it is written (`text` or `base64`), its media type. */
  readonly content?: { readonly text: string; readonly encoding: string; readonly type: string }
  /** The backend takes an `Idempotency-Key`: ours is made of the caller's, so that a repeat cannot act twice. */
  readonly idempotencyKey?: boolean
  /** Default: JSON. */
  readonly answer?: RestAnswer
}

/** A REST call as an operation declares it. */
export interface RestCall extends RestParts {
  readonly technology: 'rest'
  /**
   * Path under the backend's base URL; `{name}` takes the input of that name, URL-encoded as one segment, `{+name}` as
   * a path whose segments are each encoded.
   */
  readonly path: string
}

/** Names of the inputs in a text. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name ?? '')
}
