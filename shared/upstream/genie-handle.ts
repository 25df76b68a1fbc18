import type { GenieCall, GeniePart } from '../backend/genie-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { type Bound, readHandle, writeHandle } from './databricks-handle.ts'
import type { Visit } from './databricks-statements.ts'
import { failWith } from './failure.ts'
import { genieId } from './genie-message.ts'

/** One message of one conversation in one space. */
export interface MessagePlace {
  readonly space: string
  readonly conversation: string
  readonly message: string
}

/** As long as a day's work: a conversation goes on, and its answers are the person's own for as long as they like. */
const lifeMs = 12 * 60 * 60_000

/** The call's template, or Problem `internal` where the declaration is another technology's. */
export function genieTemplate({ invocation }: UpstreamCall): GenieCall {
  const template = invocation.operation.call
  if (template.technology !== 'genie') throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  return template
}

/** The input that plays a part in the call. */
export function genieInput(call: UpstreamCall, part: GeniePart): Json | undefined {
  const name = genieTemplate(call).inputs[part]
  return name === undefined ? undefined : call.invocation.inputs[name]
}

/** Stands for a message that this gateway asked for, as this person through this agent. */
export function writeMessageHandle({ call, workspace, handleKey }: Visit, place: MessagePlace): string {
  const statementId = [place.space, place.conversation, place.message].join('_')
  const handle = { statementId, expiresAt: workspace.now() + lifeMs, rowLimit: 0 }
  return writeHandle(handleKey, handle, boundTo(call))
}

/** The message that the call's handle stands for, or Problem `input_invalid`. */
export function openMessageHandle({ call, workspace, handleKey }: Visit): MessagePlace {
  const text = String(genieInput(call, 'handle'))
  const handle = readHandle(handleKey, text, { bound: boundTo(call), now: workspace.now() })
  const [space = '', conversation = '', message = ''] = handle?.statementId.split('_') ?? []
  if (![space, conversation, message].every((one) => genieId.test(one))) throw refuseHandle(call)
  return { space, conversation, message }
}

function boundTo({ invocation, principal: { tid, oid, actor } }: UpstreamCall): Bound {
  return { backend: invocation.backend.name, tid, oid, actor, digest: 'genie' }
}

function refuseHandle(call: UpstreamCall): Problem {
  const pointer = `/${genieTemplate(call).inputs.handle ?? 'handle'}`
  return new Problem('input_invalid', 'An input cannot be used here.', {
    faults: [{ pointer, detail: 'is no handle of this person and agent' }],
    next: { action: 'change_input' },
    reason: 'not_called:handle',
  })
}
