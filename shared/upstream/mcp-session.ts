import type { Problem } from '../errors/problem.ts'
import type { UpstreamCall } from '../pipeline/ports.ts'
import { failWith, fateOfLostAnswer } from './failure.ts'
import type { Members } from './mcp-pins.ts'
import { endSession, type McpReply, type McpWire, sendMcp } from './mcp-wire.ts'

/** What a server speaks: each message by itself (2026-07-28), or within a session (2025). */
type Era = 'stateless' | 'session'

/** Which era the servers speak, by URL; of the deployment's own servers, so there are few. */
export type EraMemory = Map<string, Era>

/** One visit of a server, for one call of one person; never shared. */
export interface McpVisit {
  /** Asks something; `isAction` is the call's own effect, everything else reads. Throws Problem for a refusal. */
  readonly ask: (
    method: string,
    params: Members,
    isAction?: boolean,
  ) => Promise<McpReply & { readonly result: Members }>
  /** Ends what was opened. */
  readonly end: () => Promise<void>
}

const modern = '2026-07-28'
const legacy = '2025-11-25'
const legacies: readonly string[] = ['2025-03-26', '2025-06-18', '2025-11-25']
const info = { name: 'countersign', version: '1.0' }
const prefix = 'io.modelcontextprotocol'
/** How a server refuses a revision that it does not speak, or a message without a session. */
const otherEra: readonly number[] = [-32600, -32601, -32602, -32000, -32001, -32022, -32603]

type Headers = Readonly<Record<string, string>>
type Send = (body: Members, headers: Headers, isAction?: boolean) => Promise<McpReply>

/** One visit on its way: `headers` are those of the session, once there is one. */
interface Course {
  readonly call: UpstreamCall
  readonly send: Send
  headers: Headers | null
  lastId: number
}

/** Begins a visit. The first message has to be one that changes nothing: the era shows by how the server takes it. */
export function visitServer(
  { url, call, eras }: { readonly url: URL; readonly call: UpstreamCall; readonly eras: EraMemory },
  wire: McpWire,
): McpVisit {
  const send: Send = (body, headers, isAction = false) =>
    sendMcp({ url, call, isAction, headers, body: { jsonrpc: '2.0', ...body } }, wire)
  const course: Course = { call, send, headers: null, lastId: 0 }
  const ask: McpVisit['ask'] = async (method, params, isAction = false) => {
    const question = { method, params, isAction }
    const modern = await tryModern(course, question, { eras, url })
    if (modern !== null) return assertResult(modern, call, isAction)
    const reply = await askInSession(course, question)
    if (reply.result !== null) eras.set(url.href, 'session')
    return assertResult(reply, call, isAction)
  }
  const end = async () => {
    const { headers } = course
    if (headers?.['mcp-session-id'] !== undefined)
      await endSession({ url, call, body: {}, headers, isAction: false }, wire)
  }
  return { ask, end }
}

interface Question {
  readonly method: string
  readonly params: Members
  readonly isAction: boolean
}

/** The answer to a message that stands by itself; null where the server wants a session. */
async function tryModern(
  course: Course,
  question: Question,
  { eras, url: { href } }: { readonly eras: EraMemory; readonly url: URL },
): Promise<McpReply | null> {
  const known = eras.get(href)
  if (known === 'session' || course.headers !== null) return null
  const reply = await askModern(course, question)
  if (reply.result !== null) eras.set(href, 'stateless')
  return known !== 'stateless' && isOtherEra(reply) ? null : reply
}

function isOtherEra({ result, errorCode }: McpReply): boolean {
  return result === null && otherEra.includes(errorCode)
}

function idOf(course: Course): number {
  course.lastId += 1
  return course.lastId
}

function askModern(course: Course, { method, params, isAction }: Question): Promise<McpReply> {
  const name = params.name ?? params.uri
  const named = typeof name === 'string' ? { 'mcp-name': encodeHeader(name) } : {}
  const _meta = {
    [`${prefix}/protocolVersion`]: modern,
    [`${prefix}/clientInfo`]: info,
    [`${prefix}/clientCapabilities`]: {},
  }
  const headers = { 'mcp-protocol-version': modern, 'mcp-method': method, ...named }
  return course.send({ id: idOf(course), method, params: { ...params, _meta } }, headers, isAction)
}

/** What cannot stand in a header as it is goes there in Base64, as the protocol writes that. */
function encodeHeader(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text)
  return isPlain ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`
}

async function askInSession(course: Course, { method, params, isAction }: Question): Promise<McpReply> {
  const headers = course.headers ?? (await openSession(course))
  return course.send({ id: idOf(course), method, params }, headers, isAction)
}

async function openSession(course: Course): Promise<Headers> {
  const params = { protocolVersion: legacy, capabilities: {}, clientInfo: info }
  const reply = await course.send({ id: idOf(course), method: 'initialize', params }, {})
  const version = assertResult(reply, course.call, false).result.protocolVersion
  if (typeof version !== 'string' || !legacies.includes(version))
    throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'protocol_version' })
  const session = reply.headers.get('mcp-session-id')
  const isPlain = session !== null && /^[\x21-\x7e]{1,200}$/.test(session)
  const headers = { 'mcp-protocol-version': version, ...(isPlain ? { 'mcp-session-id': session } : {}) }
  course.headers = headers
  await course.send({ method: 'notifications/initialized' }, headers)
  return headers
}

function assertResult(reply: McpReply, call: UpstreamCall, isAction: boolean): McpReply & { readonly result: Members } {
  const { result } = reply
  if (result === null) throw refusedBy(reply, call, isAction)
  const kind = result.resultType ?? 'complete'
  if (kind === 'complete') return { ...reply, result }
  // The server wants something of the person before it goes on; nobody here answers for them.
  const why = kind === 'input_required' ? 'input_required' : 'result_type'
  throw failWith({ code: 'backend_rejected', fate: 'called', why, members: { status: 409 }, facts: factsOf(reply) })
}

/** -32602 and -32601 say that nothing was done; of any other error nobody can say. */
function refusedBy(reply: McpReply, call: UpstreamCall, isAction: boolean): Problem {
  const { errorCode, status } = reply
  const facts = factsOf(reply)
  if ([-32602, -32601].includes(errorCode) || status >= 400)
    return failWith({ code: 'backend_rejected', fate: 'called', why: 'rpc_refused', members: { status: 422 }, facts })
  const fate = fateOfLostAnswer(isAction ? call.understood.effect : 'read')
  return failWith({ code: 'backend_failed', fate, why: 'rpc_error', facts })
}

function factsOf({ backendIds, errorCode }: McpReply) {
  return { backendIds: { ...backendIds, ...(errorCode === 0 ? {} : { rpcError: String(errorCode) }) } }
}
