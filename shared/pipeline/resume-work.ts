import { bindingOf, openHandle } from '../backend/operation-handle.ts'
import { Problem } from '../errors/problem.ts'
import type { Ports } from './line.ts'
import type { Understood } from './ports.ts'
import type { Resolved } from './stages.ts'

/** A call as it came, or one that only asks after work of an earlier one. */
export interface Resumable<Stage> {
  readonly stage: Stage & { readonly handle?: string }
  readonly understood: Understood
}

/**
 * A call with an `Operation-Handle` of its own begins nothing: whatever the operation does was decided when it began, so
 * that it reads, of the same objects, as the person, and sends nothing out. Throws Problem `input_invalid` for a handle of
 * anything else: another person or agent, another operation, other inputs, an old or a touched one.
 */
export async function resumeWork<Stage extends Resolved>(
  stage: Stage,
  understood: Understood,
  ports: Pick<Ports, 'handleKey' | 'now'>,
): Promise<Resumable<Stage>> {
  const handle = stage.inbound.headers['operation-handle']
  if (handle === undefined || handle === '') return { stage, understood }
  const bound = bindingOf('work', stage.principal, stage.invocation)
  if (openHandle(await keyOf(ports), handle, { bound, now: ports.now() }) === null) throw refused()
  const operation = { ...stage.invocation.operation, runsAs: 'person', egress: false } as const
  const { reads, writes } = understood
  return {
    stage: { ...stage, handle, invocation: { ...stage.invocation, operation } },
    understood: { ...understood, effect: 'read', reads: [...new Set([...reads, ...writes])].sort(), writes: [] },
  }
}

async function keyOf({ handleKey }: Pick<Ports, 'handleKey'>): Promise<Uint8Array> {
  try {
    return await handleKey()
  } catch {
    throw new Problem('keys_unavailable', 'The key of handles cannot be had.')
  }
}

function refused(): Problem {
  return new Problem('input_invalid', 'The Operation-Handle is not for this call: repeat it with the same inputs.', {
    faults: [{ pointer: '/Operation-Handle', detail: 'is no handle of this operation, these inputs and this person' }],
    next: { action: 'change_input' },
  })
}
