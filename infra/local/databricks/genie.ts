import { type Message, mayRun, spaces } from './genie-room.ts'
import { absent, fail, ok, pageOf, type Reply } from './reply.ts'
import type { Asked, Parts, Route } from './route.ts'

const base = '^/api/2\\.0/genie/spaces/([\\w-]+)'
const inMessage = `${base}/conversations/([\\w-]+)/messages/([\\w-]+)`

/** Genie API 2.0: conversations in spaces, each its asker's own. A message takes two looks to be done. */
export const genieRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.0\/genie\/spaces$/,
    handle: ({ url, user }) => {
      const seen = spaces.filter(({ space_id }) => mayRun(space_id, user))
      return pageOf('spaces', seen, { query: url.searchParams, size: 'page_size' })
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: new RegExp(`${base}$`),
    handle: inSpace((_asked, _parts, [space]) => {
      const found = spaces.find(({ space_id }) => space_id === space)
      return ok({ ...found, serialized_space: '{"instructions":"kept"}' })
    }),
  },
  {
    place: 'genie',
    method: 'POST',
    path: new RegExp(`${base}/start-conversation$`),
    handle: inSpace(({ body, user }, { genie }) => {
      const made = genie.ask((body as { content: string }).content, user)
      const { id, conversation } = made
      return ok({ conversation_id: conversation, message_id: id, message: describe(made) })
    }),
  },
  {
    place: 'genie',
    method: 'POST',
    path: new RegExp(`${base}/conversations/([\\w-]+)/messages$`),
    handle: inSpace(({ body, user }, { genie }, [, conversation = '']) => {
      if (genie.listOf(conversation, user).length === 0) return absent('Conversation')
      const made = genie.ask((body as { content: string }).content, user, conversation)
      return ok(describe(made))
    }),
  },
  {
    place: 'rest',
    method: 'GET',
    path: new RegExp(`${base}/conversations/([\\w-]+)/messages$`),
    handle: inSpace(({ url, user }, { genie }, [, conversation = '']) =>
      pageOf('messages', genie.listOf(conversation, user).map(describe), {
        query: url.searchParams,
        size: 'page_size',
      }),
    ),
  },
  {
    place: 'rest',
    method: 'DELETE',
    path: new RegExp(`${base}/conversations/([\\w-]+)$`),
    handle: inSpace(({ user }, { genie }, [, conversation = '']) => {
      genie.forget(conversation, user)
      return ok()
    }),
  },
  { place: 'message', method: 'GET', path: new RegExp(`${inMessage}$`), handle: inSpace(withMessage(look)) },
  {
    place: 'rest',
    method: 'POST',
    path: new RegExp(`${inMessage}/feedback$`),
    handle: inSpace(withMessage(() => ok())),
  },
  {
    place: 'genie',
    method: 'GET',
    path: new RegExp(`${inMessage}/attachments/([\\w-]+)/query-result$`),
    handle: inSpace(withMessage(({ user }, { genie }, message) => asResult(genie.result(message, user)))),
  },
  {
    place: 'genie',
    method: 'POST',
    path: new RegExp(`${inMessage}/attachments/([\\w-]+)/execute-query$`),
    handle: inSpace(withMessage(async ({ user }, { genie }, message) => asResult(await genie.run(message, user)))),
  },
]

type Handle = Route['handle']

function inSpace(handle: Handle): Handle {
  return (asked, parts, found) => {
    if (mayRun(found[0] ?? '', asked.user)) return handle(asked, parts, found)
    return fail(403, 'PERMISSION_DENIED', `${asked.user.login} does not have CAN RUN`)
  }
}

function withMessage(use: (asked: Asked, parts: Parts, message: Message) => Reply | Promise<Reply>): Handle {
  return (asked, parts, [, conversation = '', id = '', attachment]) => {
    const found = parts.genie.find(conversation, id, asked.user)
    const isThere = found !== undefined && (attachment === undefined || attachment === found.attachment)
    return isThere ? use(asked, parts, found) : absent('Message')
  }
}

/** The first look finds it thinking; by the second it has run what it wrote, unless that is no read. */
async function look({ user }: Asked, { genie }: Parts, message: Message): Promise<Reply> {
  message.looks += 1
  const isRead = /^\s*(?:select|with)\b/i.test(message.sql ?? '')
  if (message.looks === 2 && isRead) await genie.run(message, user)
  return ok(describe(message))
}

function statusOf({ question, looks }: Message): string {
  if (/\bnever\b/i.test(question)) return 'ASKING_AI'
  if (/\bfail\b/i.test(question)) return 'FAILED'
  return looks < 2 ? 'EXECUTING_QUERY' : 'COMPLETED'
}

function describe(message: Message) {
  const { id, conversation, question, attachment, text, sql } = message
  const status = statusOf(message)
  const query = { attachment_id: attachment, query: { query: sql, title: 'Answer', description: 'What was asked for' } }
  const said = sql === null ? { attachment_id: attachment, text: { content: text } } : query
  return {
    ...{ id, message_id: id, conversation_id: conversation, space_id: 'space-sales', content: question, status },
    ...(status === 'FAILED' ? { error: { error: 'I know no tables', type: 'NO_TABLES_TO_QUERY_EXCEPTION' } } : {}),
    ...(status === 'COMPLETED' ? { attachments: [said] } : {}),
  }
}

function asResult(reply: Reply): Reply {
  return typeof reply === 'string' || reply.status !== 200 ? reply : ok({ statement_response: reply.body })
}
