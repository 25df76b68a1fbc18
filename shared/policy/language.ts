/** A typed name in the policy language, e.g. `Countersign::Group::"hr"`. */
export interface EntityRef {
  readonly type: string
  readonly id: string
}

/** A value as the policy language takes it in JSON. */
export type Value =
  | string
  | number
  | boolean
  | { readonly __entity: EntityRef }
  | { readonly __extn: { readonly fn: string; readonly arg: string } }
  | readonly Value[]

/** One entity with its attributes and what it is inside of. */
export interface Entity {
  readonly uid: EntityRef
  readonly attrs: Readonly<Record<string, Value>>
  readonly parents: readonly EntityRef[]
}

/** May this principal do this to that, here? */
export interface Question {
  readonly principal: EntityRef
  readonly action: EntityRef
  readonly resource: EntityRef
  readonly context: Readonly<Record<string, Value>>
  readonly entities: readonly Entity[]
}

/** `reasons` are ids of the determining policies; `errors` are policies that failed, which nobody may overlook. */
export interface Answer {
  readonly allowed: boolean
  readonly reasons: readonly string[]
  readonly errors: readonly string[]
}

/** A policy set made ready. Throws Problem `policy_unavailable` where it cannot answer at all. */
export interface Engine {
  readonly ask: (question: Question) => Answer
}

/** One part of a policy's head: `principal in …`, `action == …`, `resource is …`. */
export interface ScopeJson {
  readonly op: string
  readonly entity?: EntityRef
  readonly entities?: readonly EntityRef[]
  readonly entity_type?: string
  readonly in?: { readonly entity: EntityRef }
}

/** The parts of a parsed policy that the loader looks at; the rest is carried along untouched. */
export interface PolicyJson {
  readonly effect: 'permit' | 'forbid'
  readonly principal: ScopeJson
  readonly action: ScopeJson
  readonly resource: ScopeJson
  readonly conditions: readonly { readonly kind: 'when' | 'unless'; readonly body: unknown }[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** Policies by id, and the schema's text. */
export interface PolicySource {
  readonly policies: Readonly<Record<string, PolicyJson>>
  readonly schema: string
}

/** The policy language itself: what an edge has to offer so that a set can be loaded. */
export interface PolicyLanguage {
  /** Splits a text into parsed policies; templates are refused. Throws Problem `policy_unavailable`. */
  readonly parse: (text: string) => readonly PolicyJson[]
  /** Everything that is wrong with a set under its schema, warnings included; empty where all is well. */
  readonly check: (source: PolicySource) => readonly string[]
  /** The actions of a schema, each with the groups that it is inside of. Throws Problem `policy_unavailable`. */
  readonly actionGroups: (schema: string) => ReadonlyMap<string, readonly string[]>
  /**
   * A set under a schema that its digest names; it is made ready when it is asked first, and again where
   * others have taken its place since. Asking throws Problem `policy_unavailable`.
   */
  readonly prepare: (source: PolicySource & { readonly schemaDigest: string }) => Engine
}
