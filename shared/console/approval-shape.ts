import type { Backends } from './honesty.ts'

/** An approval as the gateway lists it. */
export interface Listed {
  readonly id: string
  readonly state: string
  readonly requester: { readonly tid: string; readonly oid: string; readonly actor: string }
  readonly backend: string
  readonly operation: string
  readonly effect: string
  readonly requestedAt: string
  readonly decideBy: string
}

/** An approval as the gateway describes it to who may see it; members that are not there were not known. */
export interface Described extends Listed {
  readonly digest: string
  readonly rules: readonly string[]
  readonly useBy: string | null
  readonly inputs: Readonly<Record<string, unknown>>
  readonly statement: string | null
  /** Places that are not shown, as JSON pointers. */
  readonly hidden: readonly string[]
  readonly approvers: readonly string[]
  readonly justification: string | null
  readonly purpose?: { readonly text: string; readonly note: string } | null
  readonly preview?: Preview | null
  readonly content?: 'bound' | 'not_bound'
  readonly contentNote?: string
  readonly backends?: Backends
  readonly grant?: { readonly minutes: number; readonly calls: number; readonly left?: number } | null
}

/** What the call would touch, as the planner said when it was asked. */
export interface Preview {
  readonly kind: string
  readonly rows: number | null
  readonly takenAt: string
  readonly note: string
}
