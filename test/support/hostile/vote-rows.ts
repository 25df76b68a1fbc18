import { type Claims, ids } from '../tokens.ts'

const control = { azp: ids.console, azpacr: '0', scp: 'control', acrs: ['c1'], roles: ['Countersign.Approver'] }

/** Tokens at the routes of votes, and their answer; 404 is what a person in control hears of an approval that there is not. */
export const voteRows: readonly (readonly [title: string, claims: Claims, status: number, code: string])[] = [
  ['a person in control', control, 404, 'operation_unknown'],
  [
    'a person in control with the scope of agents too',
    { ...control, scp: 'access_as_user control' },
    404,
    'operation_unknown',
  ],
  ['the console with the scope of agents', { ...control, scp: 'access_as_user' }, 403, 'scope_insufficient'],
  ['an agent with both scopes', { ...control, azp: ids.agent, scp: 'access_as_user control' }, 403, 'human_required'],
  ['an agent with the scope of the console', { ...control, azp: ids.agent }, 403, 'scope_insufficient'],
  ['an agent identity at the console', { ...control, xms_act_fct: '3 9 11' }, 403, 'human_required'],
  ['a blueprint at the console', { ...control, xms_par_app_azp: ids.unlisted }, 403, 'human_required'],
  ["an agent's own account at the console", { ...control, xms_sub_fct: '13' }, 403, 'human_required'],
  ['a guest at the console', { ...control, acct: 1 }, 403, 'guest_not_allowed'],
  ['somebody of whom nothing says that they are no guest', { ...control, acct: undefined }, 403, 'guest_not_allowed'],
  ['the console alone', { ...control, scp: undefined, idtyp: 'app' }, 403, 'human_required'],
  ['an application that bears the scope', { ...control, idtyp: 'app' }, 403, 'human_required'],
]
