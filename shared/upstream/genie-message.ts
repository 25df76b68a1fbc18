import * as z from 'zod'
import type { Json } from '../pipeline/ports.ts'
import { parse } from './databricks-reply.ts'
import { failWith } from './failure.ts'

/** A message of a Genie conversation as the workspace tells of it (Genie API 2.0); members that nobody reads are left out. */
export interface GenieMessage {
  readonly status: string
  readonly errorType: string
  readonly attachments: readonly GenieAttachment[]
}

/** What a message brings: text, a statement that Genie wrote, or questions that could be asked next. */
export interface GenieAttachment {
  readonly attachment: string
  readonly text?: string
  readonly title?: string
  readonly description?: string
  readonly sql?: string
  readonly questions?: readonly string[]
}

/** Ids are the workspace's own, and part of paths. */
export const genieId = /^[0-9A-Za-z-]{1,64}$/

const id = () => z.string().regex(genieId)
const text = () => z.string().nullish()

const makeMessage = () =>
  z.object({
    status: z.string().max(100).default('SUBMITTED'),
    error: z.object({ type: text() }).nullish(),
    attachments: z
      .array(
        z.object({
          attachment_id: id().nullish(),
          text: z.object({ content: text() }).nullish(),
          query: z.object({ query: text(), title: text(), description: text() }).nullish(),
          suggested_questions: z.object({ questions: z.array(z.string()).max(50).nullish() }).nullish(),
        }),
      )
      .max(100)
      .nullish(),
  })

const makeStarted = () => z.object({ conversation_id: id(), message_id: id() })

/** The ids of a message that was just asked for. */
export function readStarted(data: Json): { readonly conversation: string; readonly message: string } {
  const { conversation_id, message_id } = parse(makeStarted(), data)
  return { conversation: conversation_id, message: message_id }
}

/** One message; Problem `backend_failed` (why `shape`) for anything else. */
export function readMessage(data: Json): GenieMessage {
  const { status, error, attachments } = parse(makeMessage(), data)
  const errorType = error?.type ?? ''
  return { status, errorType, attachments: (attachments ?? []).flatMap(readAttachment) }
}

type Raw = NonNullable<z.infer<ReturnType<typeof makeMessage>>['attachments']>[number]

/** What is neither text nor statement nor question (pictures, thoughts) is not passed on. */
function readAttachment(raw: Raw): GenieAttachment[] {
  const questions = raw.suggested_questions?.questions ?? []
  const parts = Object.entries({
    text: raw.text?.content,
    sql: raw.query?.query,
    title: raw.query?.title,
    description: raw.query?.description,
    questions: questions.length === 0 ? null : questions,
  }).filter(([, value]) => value != null && value !== '')
  if (parts.length === 0) return []
  return [{ attachment: raw.attachment_id ?? '', ...Object.fromEntries(parts) }]
}

const failures: readonly string[] = ['FAILED', 'CANCELLED']
const ends: readonly string[] = [...failures, 'COMPLETED', 'QUERY_RESULT_EXPIRED']

/** True while Genie is still at it: every state that is not known to be an end. */
export function isThinking({ status }: GenieMessage): boolean {
  return !ends.includes(status)
}

/** Throws Problem `backend_failed` for a message that came to nothing: with Genie's word for it, never its sentence. */
export function assertAnswered(message: GenieMessage, backendIds: Readonly<Record<string, string>>): void {
  const { status, errorType } = message
  if (!failures.includes(status)) return
  const known = /^[A-Z][A-Z_]{2,80}$/.test(errorType) ? errorType : ''
  const why = `genie_${(known || status).toLowerCase()}`
  const detail = `Genie could not answer (${known || status}).`
  throw failWith({ code: 'backend_failed', fate: 'called', why, detail, facts: { backendIds } })
}
