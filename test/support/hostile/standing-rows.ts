import { type Claims, ids } from '../tokens.ts'

/** What a good token makes of its caller. */
export interface Standing {
  readonly kind: 'person' | 'guest' | 'app' | 'agent-for-person' | 'agent-user'
  readonly guest: boolean
  readonly publicClient: boolean
  readonly roles: readonly string[]
  /** How often the directory is asked for groups. */
  readonly asked: number
}

const member: Standing = { kind: 'person', guest: false, publicClient: false, roles: [], asked: 0 }
const guest: Partial<Standing> = { kind: 'guest', guest: true }
const agent: Partial<Standing> = { kind: 'agent-for-person' }
const account: Partial<Standing> = { kind: 'agent-user' }
const source = { groups: 'src1' }

type Row = readonly [title: string, claims: Claims, standing: Partial<Standing>]

const rows: readonly Row[] = [
  ['nothing odd', {}, {}],
  ['a secret', { azpacr: '1' }, {}],
  ['a certificate', { azpacr: '2' }, {}],
  ['no proof of the client', { azpacr: '0' }, { publicClient: true }],
  ['no word of a proof', { azpacr: undefined }, { publicClient: true }],
  ['a proof as number', { azpacr: 1 }, { publicClient: true }],
  ['an unknown proof', { azpacr: '3' }, { publicClient: true }],
  ['a proof of version 1.0', { azpacr: undefined, appidacr: '2' }, { publicClient: true }],
  ['a guest by acct', { acct: 1 }, guest],
  ['a guest by acct, a member by relation', { acct: 1, xms_idrel: '1' }, guest],
  ['a guest by relation, a member by acct', { xms_idrel: '5 26' }, guest],
  ['acct as text', { acct: '1', xms_idrel: '1 26' }, guest],
  ['acct of null', { acct: null, xms_idrel: '1 26' }, guest],
  ['acct as truth', { acct: false }, guest],
  ['no word of membership', { acct: undefined }, guest],
  ['a member by relation alone', { acct: undefined, xms_idrel: '1 26' }, {}],
  ['a relation that only contains the member’s', { acct: undefined, xms_idrel: '11 21' }, guest],
  ['a home elsewhere', { idp: 'https://sts.windows.net/33333333-3333-4333-8333-333333333333/' }, guest],
  ['a home at live.com', { idp: 'live.com' }, guest],
  ['a home of null', { idp: null }, guest],
  ['a home here', { idp: `https://sts.windows.net/${ids.home}/` }, {}],
  ['an agent identity', { xms_act_fct: '3 9 11' }, agent],
  ['an agent identity for a guest', { xms_act_fct: '11', acct: 1 }, { ...agent, guest: true }],
  ['a blueprint alone', { xms_par_app_azp: ids.unlisted }, agent],
  ['a facet that only contains the agent’s', { xms_act_fct: '111 110' }, {}],
  ["an agent's own account", { xms_sub_fct: '3 13' }, account],
  ["an agent's own account and actor", { xms_act_fct: '11', xms_sub_fct: '13' }, account],
  ['an agent as subject', { xms_sub_fct: '11' }, account],
  ['a facet that only contains the account’s', { xms_sub_fct: '113 130' }, {}],
  ['roles', { roles: ['Countersign.Approver'] }, { roles: ['Countersign.Approver'] }],
  ['groups', { groups: [ids.bob] }, {}],
  ['too many groups', { _claim_names: source }, { asked: 1 }],
  ['too many groups, and some', { _claim_names: source, groups: [ids.bob] }, { asked: 1 }],
  ['too many groups, by a flag', { hasgroups: true }, { asked: 1 }],
]

/** Good tokens, and as what their caller counts. */
export const standingRows = rows.map(([title, claims, more]) => ({ title, claims, standing: { ...member, ...more } }))
