import { compareEffects } from '../backend/effect.ts'
import type { McpAction, McpCall, McpPart } from '../backend/mcp-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Executor, Invocation, Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { failWith, noteIdentity } from './failure.ts'
import { describeContent, describeResource, describeTool, objectsOf } from './mcp-answer.ts'
import { faultOfArguments, isObject } from './mcp-arguments.ts'
import { digestTool, type Members, readPins, type ToolPin } from './mcp-pins.ts'
import { type EraMemory, type McpVisit, visitServer } from './mcp-session.ts'
import type { McpReply, McpWire } from './mcp-wire.ts'
import { type ProofMemory, proveIdentity } from './rest-identity.ts'
import { joinPath } from './rest-request.ts'

/** What the executor needs from outside. */
export interface McpOptions extends McpWire {
  /** Where the backend's servers are, and the tools that the deployment has pinned (`readPins`). */
  readonly settingsFor: (backend: string) => { readonly baseUrl: string; readonly tools: readonly string[] }
}

/** One call with everything that an action takes. */
interface Job {
  readonly call: UpstreamCall
  readonly visit: McpVisit
  readonly pins: ReadonlyMap<string, ToolPin>
}

type Brought = Pick<UpstreamAnswer, 'data' | 'rows' | 'bytes' | 'truncated' | 'backendIds'>

const mostPages = 20

const actions: Readonly<Record<McpAction, (job: Job) => Promise<Brought>>> = {
  'list-tools': listTools,
  'call-tool': callTool,
  'check-pin': checkPin,
  'list-resources': (job) => listNamed(job, 'resources', ['uri', 'name', 'title', 'description', 'mimeType']),
  'list-prompts': (job) => listNamed(job, 'prompts', ['name', 'title', 'description', 'arguments']),
  'read-resource': readResource,
  'get-prompt': getPrompt,
  ping: async ({ visit }) => bring(await visit.ask('tools/list', {}), { reachable: true }),
}

/**
 * Calls MCP servers (Streamable HTTP, 2026-07-28 and 2025) as the person. A tool is called only as it was pinned: its
 * definition is read again before each call, with the person's own token. Throws Problem `backend_rejected` with why
 * `tool_not_pinned`, `tool_changed`, `tool_effect`, `tool_not_offered` or `tool_clash` where it is not that tool.
 */
export function createMcpExecutor(options: McpOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  const eras: EraMemory = new Map()
  return {
    close: async () => undefined,
    call: async (call) => {
      const template = templateOf(call.invocation)
      const { baseUrl, tools } = options.settingsFor(call.invocation.backend.name)
      const pins = readPins(tools)
      const url = serverUrl(baseUrl, template, call)
      const identity = await proveIdentity(call, noProbe, memory)
      const visit = visitServer({ url, call, eras }, options)
      try {
        return { ...(await actions[template.action]({ call, visit, pins })), identity }
      } catch (error) {
        throw noteIdentity(error, identity)
      } finally {
        await visit.end()
      }
    },
  }
}

function templateOf({ operation }: Invocation): McpCall {
  if (operation.call.technology !== 'mcp' || operation.unsupported !== undefined)
    throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  return operation.call
}

function serverUrl(baseUrl: string, { path }: McpCall, { invocation }: UpstreamCall): URL {
  if (path === '') return new URL(baseUrl)
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => {
    const value = String(invocation.inputs[name] ?? '')
    if (/^[\w-][\w.-]{0,199}(?:\/[\w-][\w.-]{0,199}){0,3}$/.test(value)) return value
    throw refuseInput(`/${name}`, 'must be a plain path')
  })
  return joinPath(new URL(baseUrl), filled)
}

function inputOf({ invocation }: UpstreamCall, part: McpPart): Json | undefined {
  const name = templateOf(invocation).inputs[part]
  return name === undefined ? undefined : invocation.inputs[name]
}

/** The name that pins go by: with the server where a backend has more than one. */
function pinName(call: UpstreamCall, tool: string): string {
  const server = inputOf(call, 'server')
  return typeof server === 'string' ? `${server}#${tool}` : tool
}

async function listTools({ call, visit, pins }: Job): Promise<Brought> {
  const cursor = inputOf(call, 'cursor')
  const reply = await visit.ask('tools/list', typeof cursor === 'string' ? { cursor } : {})
  const tools = objectsOf(reply.result.tools)
  const shown = tools.map((tool) => describeTool(tool, pins.get(pinName(call, String(tool.name)))))
  return bring(reply, { tools: shown, cursor: cursorOf(reply) }, shown.length)
}

async function callTool(job: Job): Promise<Brought> {
  const { call, visit, pins } = job
  const name = String(inputOf(call, 'tool') ?? '')
  const pin = pins.get(pinName(call, name))
  if (pin === undefined) throw refuseTool('tool_not_pinned', 403, 'This tool is not one that this deployment allows.')
  if (compareEffects(pin.effect, call.understood.effect) > 0)
    throw refuseTool('tool_effect', 403, `This tool can do more (${pin.effect}) than this operation is for.`)
  const tool = await findTool(job, name)
  const digest = digestTool(tool)
  if (digest !== pin.digest) throw refuseChanged(digest)
  const given = inputOf(call, 'arguments') ?? {}
  const fault = isObject(tool.inputSchema) ? faultOfArguments(tool.inputSchema, given) : null
  if (fault !== null) throw refuseInput(`/arguments${fault}`, 'does not fit what the tool takes')
  const reply = await visit.ask('tools/call', { name, arguments: given }, true)
  const { content, structuredContent = null, isError } = reply.result
  const data = { content: describeContent(content), structured: structuredContent, failed: isError === true }
  return bring(reply, data, 1)
}

/** How a pin stands to what the server offers this person now; nothing is called. */
async function checkPin(job: Job): Promise<Brought> {
  const [entry] = readPins([String(inputOf(job.call, 'pin') ?? '')])
  const [name = '', pin] = entry ?? []
  const server = inputOf(job.call, 'server')
  const prefix = typeof server === 'string' ? `${server}#` : ''
  if (!name.startsWith(prefix)) throw refuseInput('/pin', 'is of another server')
  const { found, last } = await findTools(job, name.slice(prefix.length))
  const [tool, other] = found
  const state = tool === undefined ? 'not_offered' : digestTool(tool) === pin?.digest ? 'pinned' : 'changed'
  return bring(last, { tool: name, effect: pin?.effect ?? null, state: other === undefined ? state : 'clash' }, 1)
}

/** The one tool of that name: two could be mistaken for one another. */
async function findTool(job: Job, name: string): Promise<Members> {
  const [tool, other] = (await findTools(job, name)).found
  if (tool === undefined) throw refuseTool('tool_not_offered', 404, 'The server offers this person no such tool.')
  if (other !== undefined) throw refuseTool('tool_clash', 409, 'The server has two tools of this name.')
  return tool
}

/** The tools of that name in all pages of the listing, of which there may be 20. */
async function findTools({ visit }: Job, name: string): Promise<{ found: readonly Members[]; last: McpReply }> {
  let found: readonly Members[] = []
  let params: Members = {}
  for (let page = 1; ; page += 1) {
    const last = await visit.ask('tools/list', params)
    found = [...found, ...objectsOf(last.result.tools).filter((tool) => tool.name === name)]
    const cursor = cursorOf(last)
    if (cursor === null) return { found, last }
    // A clash could stand on a page that nobody has read.
    if (page >= mostPages) throw failWith({ code: 'backend_failed', fate: 'not_called', why: 'too_many_pages' })
    params = { cursor }
  }
}

async function listNamed({ call, visit }: Job, kind: 'resources' | 'prompts', members: readonly string[]) {
  const cursor = inputOf(call, 'cursor')
  const reply = await visit.ask(`${kind}/list`, typeof cursor === 'string' ? { cursor } : {})
  const found = objectsOf(reply.result[kind]).map((one) =>
    Object.fromEntries(members.map((member) => [member, one[member] ?? null])),
  )
  return bring(reply, { [kind]: found, cursor: cursorOf(reply) }, found.length)
}

async function readResource({ call, visit }: Job): Promise<Brought> {
  const reply = await visit.ask('resources/read', { uri: inputOf(call, 'uri') ?? '' })
  const contents = objectsOf(reply.result.contents).map(describeResource)
  return bring(reply, { contents }, contents.length)
}

async function getPrompt({ call, visit }: Job): Promise<Brought> {
  const given = inputOf(call, 'arguments') ?? {}
  const reply = await visit.ask('prompts/get', { name: inputOf(call, 'prompt') ?? '', arguments: given })
  const messages = objectsOf(reply.result.messages).map(({ role = null, content = null }) => ({
    role,
    content: describeContent([content])[0] ?? null,
  }))
  return bring(reply, { messages }, messages.length)
}

function cursorOf({ result }: McpReply): string | null {
  const cursor = result?.nextCursor
  return typeof cursor === 'string' && cursor.length <= 4_000 ? cursor : null
}

function bring({ bytes, backendIds }: McpReply, data: Json, rows = 0): Brought {
  return { data, rows, bytes, truncated: false, backendIds }
}

function refuseTool(why: string, status: number, detail: string): Problem {
  return failWith({ code: 'backend_rejected', fate: 'not_called', why, detail, members: { status } })
}

/** The outcome's row says which definition was met instead; by that the night's report finds the call. */
function refuseChanged(changedTool: string): Problem {
  const detail = 'The server describes this tool in another way than it was allowed.'
  const failure = { code: 'backend_rejected', fate: 'not_called', why: 'tool_changed', detail } as const
  return failWith({ ...failure, members: { status: 409 }, facts: { backendIds: { changedTool } } })
}

function refuseInput(pointer: string, detail: string): Problem {
  return new Problem('input_invalid', 'An input cannot be used here.', {
    faults: [{ pointer, detail }],
    next: { action: 'change_input' },
    reason: 'not_called:input',
  })
}

/** These servers have nothing that says whom they see: the proof is the token. */
function noProbe(): Promise<Json> {
  throw failWith({ code: 'internal', fate: 'not_called', why: 'probe' })
}
