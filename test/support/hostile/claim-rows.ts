import { type Claims, ids } from '../tokens.ts'
import { issuer } from './forge.ts'
import { bearer, type HostileRow, invalid } from './row.ts'

type Row = readonly [title: string, reason: string, claims: Claims | ((now: number) => Claims)]

const times: readonly Row[] = [
  ...['exp', 'iat', 'nbf'].map((name): Row => [`no ${name}`, `claim_missing_${name}`, { [name]: undefined }]),
  ...['exp', 'iat', 'nbf'].map((name): Row => [`${name} as text`, `claim_invalid_${name}`, { [name]: '1795000000' }]),
  ['exp of null', 'claim_invalid_exp', { exp: null }],
  ['exp as list', 'claim_invalid_exp', (now) => ({ exp: [now + 3600] })],
  ['exp as fraction', 'claim_invalid_exp', (now) => ({ exp: now + 600.5 })],
  ['exp as truth', 'claim_invalid_exp', { exp: true }],
  ['exp of minus one', 'claim_invalid_exp', { exp: -1 }],
  ['a negative nbf', 'claim_invalid_nbf', { nbf: -1 }],
  ['a negative iat', 'claim_invalid_iat', { iat: -1 }],
  ['exp of zero', 'expired', { exp: 0 }],
  ['expired 60 s ago', 'expired', (now) => ({ exp: now - 60 })],
  [
    'times in milliseconds',
    'issued_in_future',
    (now) => ({ iat: now * 1000, nbf: now * 1000, exp: now * 1000 + 3600 }),
  ],
  ['valid in two minutes', 'not_yet_valid', (now) => ({ nbf: now + 120 })],
  ['a life of 24 h 5 min 1 s', 'lifetime_too_long', (now) => ({ iat: now - 300, exp: now + 24 * 3600 + 1 })],
]

const audiences: readonly Row[] = [
  ['no audience', 'audience_mismatch', { aud: undefined }],
  ['a list of audiences with ours alone', 'audience_mismatch', { aud: [ids.api] }],
  ['a list of audiences with ours first', 'audience_mismatch', { aud: [ids.api, ids.unlisted] }],
  ['our App ID URI as audience', 'audience_mismatch', { aud: `api://${ids.api}` }],
  ['our audience with a slash', 'audience_mismatch', { aud: `${ids.api}/` }],
  ['our audience with a space', 'audience_mismatch', { aud: ` ${ids.api}` }],
  ['the directory as audience', 'audience_mismatch', { aud: '00000003-0000-0000-c000-000000000000' }],
  ['every audience', 'audience_mismatch', { aud: '*' }],
]

const host = 'https://login.microsoftonline.com'

const issuers: readonly Row[] = [
  ['no issuer', 'issuer_mismatch', { iss: undefined }],
  ['a list of issuers', 'issuer_mismatch', { iss: [issuer(ids.home)] }],
  ['an issuer with a trailing slash', 'issuer_mismatch', { iss: `${issuer(ids.home)}/` }],
  ['an issuer in capitals', 'issuer_mismatch', { iss: issuer(ids.home).toUpperCase() }],
  ['an issuer by http', 'issuer_mismatch', { iss: issuer(ids.home).replace('https', 'http') }],
  ['an issuer with a port', 'issuer_mismatch', { iss: issuer(ids.home).replace('.com/', '.com:443/') }],
  ['an issuer with a query', 'issuer_mismatch', { iss: `${issuer(ids.home)}?` }],
  ['an issuer under a longer host', 'issuer_mismatch', { iss: `${host}.evil.example/${ids.home}/v2.0` }],
  ["another listed tenant's issuer", 'issuer_mismatch', { iss: issuer(ids.second) }],
  ['the issuer common', 'issuer_mismatch', { iss: issuer('common') }],
  ["an alias of the issuer's host", 'issuer_mismatch', { iss: `https://login.windows.net/${ids.home}/v2.0` }],
  ['the issuer of version 1.0 in a token of 2.0', 'issuer_mismatch', { iss: `https://sts.windows.net/${ids.home}/` }],
  ['the issuer of version 1.0 at our host', 'issuer_mismatch', { iss: `${host}/${ids.home}/` }],
  ['version 1.0 with the issuer of 2.0', 'version_not_allowed', { ver: '1.0' }],
  ['no version', 'claim_missing_ver', { ver: undefined }],
  ['the version as number', 'claim_invalid_ver', { ver: 2 }],
  ['version 2', 'version_not_allowed', { ver: '2' }],
]

const tenants: readonly Row[] = [
  ["a listed tenant's id with the home tenant's issuer", 'kid_unknown', { tid: ids.second }],
  ['tid as domain', 'claim_invalid_tid', { tid: 'contoso.example' }],
  ['tid in upper case', 'claim_invalid_tid', { tid: 'ABCDEFAB-1111-4111-8111-111111111111' }],
  ['tid with braces', 'claim_invalid_tid', { tid: `{${ids.home}}` }],
  ['a list of tenants', 'claim_invalid_tid', { tid: [ids.home] }],
  ['tid of null', 'claim_invalid_tid', { tid: null }],
  ['tid with a path', 'claim_invalid_tid', { tid: `${ids.home}/../common` }],
]

const subjects: readonly Row[] = [
  ['no azp', 'claim_missing_azp', { azp: undefined }],
  ['azp of a star', 'claim_invalid_azp', { azp: '*' }],
  ['azp in upper case', 'claim_invalid_azp', { azp: ids.agent.toUpperCase() }],
  ['azp as list', 'claim_invalid_azp', { azp: [ids.agent] }],
  ['azp with a space', 'claim_invalid_azp', { azp: ` ${ids.agent}` }],
  ['azp with a letter of another alphabet', 'claim_invalid_azp', { azp: ids.agent.replace('c', '\u0441') }],
  ['azp with a digit of another alphabet', 'claim_invalid_azp', { azp: ids.agent.replace('3', '\uff13') }],
  ['azp with a zero-width space', 'claim_invalid_azp', { azp: `${ids.agent}\u200b` }],
  ['azp of null beside appid', 'claim_invalid_azp', { azp: null, appid: ids.agent }],
  ['no oid, and sub in its place', 'claim_missing_oid', { oid: undefined, sub: ids.alice }],
  ['oid as name', 'claim_invalid_oid', { oid: 'alice' }],
  ['oid in upper case', 'claim_invalid_oid', { oid: ids.alice.toUpperCase() }],
  ['oid with braces', 'claim_invalid_oid', { oid: `{${ids.alice}}` }],
  ['oid without hyphens', 'claim_invalid_oid', { oid: ids.alice.replaceAll('-', '') }],
  ['oid with a line feed', 'claim_invalid_oid', { oid: `${ids.alice}\n` }],
  ['oid as list', 'claim_invalid_oid', { oid: [ids.alice] }],
  ['oid as object', 'claim_invalid_oid', { oid: { toString: ids.alice } }],
]

const types: readonly Row[] = [
  ['an unknown idtyp', 'claim_invalid_idtyp', { idtyp: 'device' }],
  ['idtyp in capitals', 'claim_invalid_idtyp', { idtyp: 'APP' }],
  ['idtyp of null', 'claim_invalid_idtyp', { idtyp: null }],
  ['uti as list', 'claim_invalid_uti', { uti: ['stolen'] }],
  ['roles as text', 'claim_invalid_roles', { roles: 'Countersign.Approver' }],
  ['roles with a number', 'claim_invalid_roles', { roles: [1] }],
  ['groups as text', 'claim_invalid_groups', { groups: ids.bob }],
  ['groups as object', 'claim_invalid_groups', { groups: { 0: ids.bob, length: 1 } }],
  ['acrs as text', 'claim_invalid_acrs', { acrs: 'c1' }],
  ['scp as object', 'claim_invalid_scp', { scp: { access_as_user: true } }],
  ['scp of null', 'claim_invalid_scp', { scp: null }],
  ['cnf of null', 'sender_constrained_token_as_bearer', { cnf: null }],
  ['cnf with a certificate', 'sender_constrained_token_as_bearer', { cnf: { 'x5t#S256': 'abc' } }],
  ['facets of the actor as list', 'claim_invalid_xms_act_fct', { xms_act_fct: ['3', '11'] }],
  ['facets of the actor as number', 'claim_invalid_xms_act_fct', { xms_act_fct: 11 }],
  ['facets of the subject as list', 'claim_invalid_xms_sub_fct', { xms_sub_fct: ['13'] }],
  ['relations as list', 'claim_invalid_xms_idrel', { xms_idrel: ['5'] }],
  ['the blueprint as object', 'claim_invalid_xms_par_app_azp', { xms_par_app_azp: {} }],
  ['the stolen token under a new expiry', 'token_revoked', (now) => ({ uti: 'stolen', exp: now + 7200 })],
]

const scopes: readonly Row[] = [
  ['a scope that begins like ours', 'missing_scope', { scp: 'access_as_user_extra' }],
  ['a scope that ends like ours', 'missing_scope', { scp: 'xaccess_as_user access_as_user.read' }],
  ['our scope in capitals', 'missing_scope', { scp: 'ACCESS_AS_USER' }],
  ['our scope behind a comma', 'missing_scope', { scp: 'other,access_as_user' }],
  ['our scope behind a tab', 'missing_scope', { scp: 'other\taccess_as_user' }],
  ['our scope with its URI', 'missing_scope', { scp: `api://${ids.api}/access_as_user` }],
  ['an empty scope', 'missing_scope', { scp: '' }],
  ['the scope under another name', 'missing_scope', { scp: undefined, scope: 'access_as_user' }],
  ['the scope of the console from an agent', 'missing_scope', { scp: 'control' }],
  ['the scope of the console at the console', 'control_only', { scp: 'control', azp: ids.console, azpacr: '0' }],
  ['roles that name the scope', 'no_scope', { scp: undefined, roles: ['access_as_user'] }],
  [
    'an ID token with roles',
    'no_scope',
    {
      scp: undefined,
      idtyp: undefined,
      name: undefined,
      preferred_username: undefined,
      acct: undefined,
      roles: ['x'],
      nonce: 'n',
    },
  ],
  [
    'roles of a person that show nothing personal',
    'no_scope',
    { scp: undefined, preferred_username: undefined, acct: undefined, name: undefined, roles: ['x'] },
  ],
]

const unlisted: readonly Row[] = [
  ['an application off the list', 'client_not_allowed', { scp: undefined, idtyp: 'app', azp: ids.unlisted }],
  ["the API's own id as actor", 'client_not_allowed', { azp: ids.api }],
  ['a person for an actor', 'client_not_allowed', { azp: ids.alice }],
  ["another tenant's actor, close to ours", 'client_not_allowed', { azp: ids.agent.replace(/3$/, '4') }],
  ['an agent identity that is not listed under a blueprint that is', 'client_not_allowed', agentOf(ids.unlisted)],
]

function agentOf(azp: string): Claims {
  return { azp, xms_act_fct: '3 9 11', xms_par_app_azp: ids.agent }
}

/** Claims that make an application of the caller, whatever else they say: it gets no data. */
const applications: readonly Row[] = [
  ['an application with a scope', 'app_only', { idtyp: 'app' }],
  ['an application with a scope and a role', 'app_only', { idtyp: 'app', roles: ['Catalogue.Read'] }],
  [
    'an autonomous agent',
    'app_only',
    { idtyp: 'app', scp: undefined, xms_act_fct: '11', xms_sub_fct: '11', roles: ['x'] },
  ],
  ['a subject that is its own object, without idtyp', 'app_only', anonymous({ sub: ids.alice })],
  ['roles alone, without idtyp', 'app_only', anonymous({ roles: ['Catalogue.Read'] })],
]

function anonymous(more: Claims): Claims {
  const personal = { idtyp: undefined, scp: undefined, name: undefined, preferred_username: undefined, acct: undefined }
  return { ...personal, ...more }
}

/** Odd, and good all the same. */
const accepted: readonly Row[] = [
  ['another scope before ours', 'ok', { scp: 'other  access_as_user' }],
  ['expired 50 s ago', 'ok', (now) => ({ exp: now - 50 })],
  ['valid in 50 s', 'ok', (now) => ({ nbf: now + 50, iat: now + 50 })],
  ['a chain of actors in act', 'ok', { act: { sub: ids.bob, act: { sub: ids.unlisted } }, may_act: { sub: ids.bob } }],
  ['appid of another actor', 'ok', { appid: ids.unlisted }],
  ['sub and upn of another person', 'ok', { sub: ids.bob, upn: 'bob@countersign.example', email: 'bob@x.example' }],
  ['members that an object could trip over', 'ok', { constructor: { oid: ids.bob }, toString: 'x', length: 1 }],
]

const sendOf =
  (claims: Row[2]): HostileRow['send'] =>
  (forge) =>
    bearer(forge.mint({ claims: typeof claims === 'function' ? claims(forge.now) : claims }))

const named = (rows: readonly Row[], prefix: string, answer: { status: number; code: string | null }): HostileRow[] =>
  rows.map(([title, reason, claims], index) => ({
    id: `${prefix}${index + 1}`,
    title,
    reason,
    send: sendOf(claims),
    ...answer,
  }))

const wrong = [...times, ...audiences, ...issuers, ...tenants, ...subjects, ...types]

const trap: HostileRow = {
  id: 'OG0',
  title: 'a member named like the prototype',
  status: 200,
  code: null,
  reason: 'ok',
  send: (forge) => {
    const claims = JSON.stringify(forge.claims())
    return bearer(forge.mint({ payload: `{"__proto__":{"oid":"${ids.bob}"},${claims.slice(1)}` }))
  },
}

/** Tokens with a good signature over claims that are wrong, or that only look wrong. */
export const claimRows: readonly HostileRow[] = [
  ...wrong.map(([title, reason, claims], index) => invalid(`OC${index + 1}`, title, [reason, sendOf(claims)])),
  ...named(scopes, 'OP', { status: 403, code: 'scope_insufficient' }),
  ...named(unlisted, 'OU', { status: 403, code: 'actor_not_allowed' }),
  ...named(applications, 'OB', { status: 403, code: 'app_only_not_allowed' }),
  trap,
  ...named(accepted, 'OG', { status: 200, code: null }),
]
