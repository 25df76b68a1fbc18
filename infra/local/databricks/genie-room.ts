import { randomUUID } from 'node:crypto'
import type { Reply } from './reply.ts'
import type { Statements } from './statements.ts'
import type { WorkspaceUser } from './users.ts'

/** One question with what is made of it. */
export interface Message {
  readonly id: string
  readonly conversation: string
  readonly owner: string
  readonly question: string
  readonly attachment: string
  readonly text: string
  sql: string | null
  looks: number
  statementId: string | null
}

/**
 * Genie's model, as far as it goes: a few questions that it knows, `SQL: …` for the statement itself, and text for the
 * rest. `never` is a question over which it thinks for ever, `fail` one that it gives up.
 */
const known: readonly (readonly [words: RegExp, sql: string])[] = [
  [/orders.*region/i, 'SELECT region, count(*) AS orders FROM main.sales.orders GROUP BY region ORDER BY region'],
  [/customers/i, 'SELECT id, email FROM main.sales.customers ORDER BY id LIMIT 3'],
  [/clear|delete/i, 'DELETE FROM main.sales.orders'],
]

/** The spaces of the workspace; everybody may use the first, administrators the second. */
export const spaces = [
  { space_id: 'space-sales', title: 'Sales', description: 'Orders and customers', warehouse_id: 'wh-sales-0001' },
  { space_id: 'space-board', title: 'Board', description: 'For the board', warehouse_id: 'wh-sales-0001' },
] as const

/** True for whoever has CAN RUN on a space. */
export function mayRun(space: string, { admin }: WorkspaceUser): boolean {
  return space === 'space-sales' || (space === 'space-board' && admin)
}

/** Genie's conversations, over the statements of the workspace: what it writes runs as whoever asked. */
export function makeGenie(statements: Statements) {
  const messages = new Map<string, Message>()
  return {
    ask: (question: string, user: WorkspaceUser, conversation: string = randomUUID()): Message => {
      const sql = /^SQL: (.+)/s.exec(question)?.[1] ?? known.find(([words]) => words.test(question))?.[1] ?? null
      const text = sql === null ? `You asked: ${question}` : ''
      const ids = { id: randomUUID(), conversation, attachment: randomUUID(), owner: user.login }
      const made: Message = { ...ids, question, text, sql, looks: 0, statementId: null }
      messages.set(made.id, made)
      return made
    },
    find: (conversation: string, id: string, user: WorkspaceUser): Message | undefined => {
      const found = messages.get(id)
      return found?.conversation === conversation && found.owner === user.login ? found : undefined
    },
    listOf: (conversation: string, user: WorkspaceUser): readonly Message[] =>
      [...messages.values()].filter((one) => one.conversation === conversation && one.owner === user.login),
    forget: (conversation: string, user: WorkspaceUser): void => {
      for (const one of messages.values())
        if (one.conversation === conversation && one.owner === user.login) messages.delete(one.id)
    },
    /** Runs what was written: reads only, as the real one does. */
    run: async (message: Message, user: WorkspaceUser): Promise<Reply> => {
      const body = { statement: message.sql, warehouse_id: 'wh-sales-0001', wait_timeout: '10s' }
      const reply = await statements.submit(body, user, 'Databricks Genie')
      message.statementId = (reply as { body: { statement_id: string } }).body.statement_id
      return reply
    },
    result: (message: Message, user: WorkspaceUser): Reply => statements.get(message.statementId ?? '', user),
  }
}

export type Genie = ReturnType<typeof makeGenie>
