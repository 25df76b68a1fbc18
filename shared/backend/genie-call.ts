import type { Dialect } from '../sql/statement.ts'
import type { SideTemplate } from './references.ts'

/** What can be asked of Genie: a question, in a new conversation or on in one; how it stands; the rows, kept or anew. */
export type GenieAction = 'start' | 'follow' | 'message' | 'result' | 'rerun'

/** `handle` stands for a message of this gateway's, `wait` is in seconds. */
export type GeniePart = 'space' | 'question' | 'handle' | 'attachment' | 'wait'

/** One step of a conversation whose answers hold generated statements, which are understood before results are fetched. */
export interface GenieCall {
  readonly technology: 'genie'
  readonly action: GenieAction
  /** The inputs that the action takes, by the part that each plays in it. */
  readonly inputs: Readonly<Partial<Record<GeniePart, string>>>
  /** Where the statement stands whose result is asked for. */
  readonly generated?: GeneratedStatement
}

/** The input that a generated statement is kept in once it was read; no caller can give it. */
export const generatedInput = 'generatedStatement'

/**
 * A statement that a service made up. It is read before the call is judged, by a governed read of its own, and the call
 * is then judged, decided, recorded and masked by it like by one that the agent wrote.
 */
export interface GeneratedStatement extends SideTemplate {
  readonly dialect: Dialect
  /** Pointer to a list in that read's answer; the item whose `key` is the value of `input` holds the text at `text`. */
  readonly list: string
  readonly key: string
  readonly input: string
  readonly text: string
}

/** True where what a call does is only known once a generated statement was read. */
export function isGenerated({ call }: { readonly call: { readonly technology: string } }): boolean {
  return call.technology === 'genie' && (call as GenieCall).generated !== undefined
}
