import { findOperation } from '../backend/catalogue.ts'
import type { Backend } from '../backend/define.ts'
import { Problem } from '../errors/problem.ts'
import type { Assertion, Principal } from '../identity/principal.ts'
import type { Toolbox } from '../mcp/protocol.ts'
import { inboundOf, type ToolCall, type ToolResult, toolResult } from '../mcp/tool-call.ts'
import { describeTool, findTool, type Tool } from '../mcp/tools.ts'
import { handle } from '../pipeline/handle.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import type { Identification } from '../pipeline/respond.ts'
import { type AnswerParts, listOperationsFor } from './answers.ts'
import type { Refusal } from './refusal.ts'

/** The protocol's edge, loaded at the first request for it. */
export type LoadSpeaker = () => Promise<{
  readonly speak: (inbound: Inbound, toolbox: Toolbox) => Promise<Answer>
}>

interface McpParts extends AnswerParts {
  readonly refuse: Refusal
}

interface Caller {
  readonly principal: Principal
  readonly assertion: Assertion
}

/**
 * The answer of `/mcp` and `/mcp/{backend}`. The token is verified before anything else, so that who has none, or a bad
 * one, gets HTTP 401 and where to find tokens; every `tools/call` then takes the line as any other call.
 */
export function createMcpAnswer(parts: McpParts, load: LoadSpeaker): (inbound: Inbound) => Promise<Answer> {
  return async (inbound) => {
    try {
      const caller = await parts.ports.verify(inbound)
      const backends = backendsOf(inbound.backend, parts)
      const { speak } = await load()
      return await speak(inbound, {
        publicUrl: parts.identification.publicUrl,
        version: parts.buildDigest.slice(0, 12),
        list: () => listTools(caller, backends, parts),
        call: (call) => callTool(call, inbound, { backends, parts }),
      })
    } catch (error) {
      if (error instanceof Problem) throw pointToMetadata(error, parts.identification)
      throw error
    }
  }
}

function backendsOf(name: string, { ports: { configured } }: AnswerParts): readonly Backend[] {
  if (name === '') return [...configured.values()]
  const backend = configured.get(name)
  if (backend === undefined) throw new Problem('backend_not_configured', 'No backend of this name is configured here.')
  return [backend]
}

/** What this person may use through this agent; an application alone may use nothing. */
async function listTools(caller: Caller, backends: readonly Backend[], parts: AnswerParts): Promise<readonly Tool[]> {
  const usable = (await listOperationsFor(caller, parts)).filter(({ decision }) => decision !== 'deny')
  return usable.flatMap(({ backend: name, operation }) => {
    const backend = backends.find((each) => each.name === name)
    const declared = backend && findOperation(backend, operation)
    return backend === undefined || declared === undefined ? [] : [describeTool({ backend, name: operation }, declared)]
  })
}

async function callTool(
  call: ToolCall,
  inbound: Inbound,
  { backends, parts }: { readonly backends: readonly Backend[]; readonly parts: McpParts },
): Promise<ToolResult | undefined> {
  const target = findTool(call.name, backends)
  const answer = await takeLine(inboundOf(call, target, inbound), parts)
  return target === undefined && answer.status === 404 ? undefined : toolResult(answer)
}

/** The library would send what is thrown to the caller, so nothing is. */
async function takeLine(inbound: Inbound, { line, refuse }: McpParts): Promise<Answer> {
  try {
    return await handle(inbound, await line())
  } catch (error) {
    return refuse(error, inbound)
  }
}

/** Clients want the metadata whose `resource` is the address that they asked (RFC 9728 section 3.3). */
function pointToMetadata(problem: Problem, { challenge: { resourceMetadata } }: Identification): Problem {
  const { code, detail, members, reason } = problem
  if (members.challenge === undefined || resourceMetadata === undefined) return problem
  const challenge = members.challenge.replace(`"${resourceMetadata}"`, `"${resourceMetadata}/mcp"`)
  return new Problem(code, detail, { ...members, challenge, reason, cause: problem })
}
