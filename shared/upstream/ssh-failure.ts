import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import { type Failure, type FailureFacts, failWith, fateOfLostAnswer } from './failure.ts'

/** Where a call stood when it failed: before the sign-in, at the proof, or with the command sent. */
export type SshPhase = 'connect' | 'proof' | 'command'

/** A failure on the way to a machine, with what is needed to judge it. */
export interface SshFailure {
  readonly error: unknown
  readonly phase: SshPhase
  readonly effect: Effect
  readonly aborted: boolean
  readonly facts: FailureFacts
}

/** Why a connection or a command failed, as messages of the errors that are thrown; anything else is the network. */
export const sshFaults = {
  hostKey: 'host key differs',
  refused: 'sign-in refused',
  channel: 'command refused',
  lost: 'connection lost',
  tooLarge: 'output too large',
} as const

const keyDetail = 'The machine shows another key than those that are pinned for it. An operator has to look.'
const signInDetail = 'The machine does not let this person in, or does not take certificates of this kind.'

const verdicts: ReadonlyMap<string, Pick<Failure, 'code' | 'why' | 'detail' | 'members'>> = new Map([
  [sshFaults.hostKey, { code: 'identity_configuration', why: 'host_key', detail: keyDetail }],
  [sshFaults.refused, { code: 'backend_rejected', why: 'sign_in', detail: signInDetail, members: { status: 403 } }],
  [sshFaults.channel, { code: 'backend_rejected', why: 'channel', members: { status: 403 } }],
])

/** The Problem of a failure; nothing that a machine wrote is in it. */
export function problemOfSsh({ error, phase, effect, aborted, facts }: SshFailure): Problem {
  const fate = phase === 'command' ? fateOfLostAnswer(effect) : 'not_called'
  if (aborted) return failWith({ code: 'backend_timeout', fate, why: 'deadline', facts })
  const message = error instanceof Error ? error.message : ''
  const verdict = verdicts.get(message)
  if (verdict !== undefined) return failWith({ ...verdict, fate: 'not_called', facts })
  const lost = phase === 'connect' ? 'unreachable' : 'connection_lost'
  const why = message === sshFaults.tooLarge ? 'answer_too_large' : lost
  return failWith({ code: 'backend_failed', fate, why, facts })
}
