/** Inputs of another operation, each taken from an input of this one. */
export type InputMap = Readonly<Record<string, string>>

/** A read of the same backend, and what it takes of this call's inputs. */
export interface SideTemplate {
  readonly operation: string
  readonly inputs: InputMap
}

/** How many rows a call would touch: a read that says so, and where in its answer. */
export interface PreviewTemplate {
  /** Name of a read of the same backend. */
  readonly operation: string
  readonly inputs: InputMap
  /** `planner`: an estimate; `count`: counted. */
  readonly kind: 'planner' | 'count'
  /** JSON pointer of the number in its answer. */
  readonly rows: string
}

/** What a call refers to and does not carry with it. */
export interface Reference {
  readonly kind: 'object' | 'job' | 'notebook' | 'procedure'
  /** A read that gives its version, and where; without it nobody can say that it stays as it is. */
  readonly version?: { readonly operation: string; readonly inputs: InputMap; readonly at: string }
  /** The input by which the backend is told to act on that version alone. */
  readonly condition?: string
}
