import type { GenieAction } from '../backend/genie-call.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { ask, type DatabricksOptions, prepare } from './databricks.ts'
import type { Brought, Visit } from './databricks-statements.ts'
import { noteIdentity } from './failure.ts'
import { askOn, getMessage, startConversation } from './genie-conversation.ts'
import { genieInput, genieTemplate, openMessageHandle } from './genie-handle.ts'
import { getResult, runAgain } from './genie-result.ts'
import { type ProofMemory, proveIdentity } from './rest-identity.ts'

const actions: Readonly<Record<GenieAction, (visit: Visit) => Promise<Brought>>> = {
  start: startConversation,
  follow: askOn,
  message: getMessage,
  result: getResult,
  rerun: runAgain,
}

/**
 * Calls Genie, in a Databricks workspace, as the person: everything that is said of the workspace's executor holds here.
 * What Genie writes is passed on as text; rows of a statement of its own only once that statement was judged.
 */
export function createGenieExecutor(options: DatabricksOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return { call: (call) => visitGenie(call, options, memory), close: async () => undefined }
}

async function visitGenie(
  call: UpstreamCall,
  options: DatabricksOptions,
  memory: ProofMemory,
): Promise<UpstreamAnswer> {
  const { action } = genieTemplate(call)
  const visit = await prepare(call, options)
  if (genieInput(call, 'handle') !== undefined) openMessageHandle(visit)
  const identity = await proveIdentity(call, (path) => ask(visit, path), memory)
  try {
    return { ...(await actions[action](visit)), identity }
  } catch (error) {
    throw noteIdentity(error, identity)
  }
}
