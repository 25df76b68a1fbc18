import { describe, expect, it } from 'vitest'
import type { Principal } from '../../../shared/identity/principal.ts'
import { type Claims, ids, mint, noon, testVerifier } from '../../support/tokens.ts'

async function principalOf(claims: Claims): Promise<Principal> {
  const { principal } = await testVerifier().verify({ authorization: [`Bearer ${mint({ claims })}`] })
  return principal
}

const legacy = 'https://sts.windows.net'
const app = { scp: undefined, idtyp: 'app', acct: undefined, oid: ids.bob, sub: ids.bob }

describe('principal', () => {
  it.each<[string, Claims, Principal['kind'], boolean]>([
    ['a member', {}, 'person', false],
    ['a member by relation', { acct: undefined, xms_idrel: '1 30' }, 'person', false],
    ["a member with the tenant's own idp", { idp: `${legacy}/${ids.home}/` }, 'person', false],
    ['nobody who says what he is', { acct: undefined }, 'guest', true],
    ["nobody but the tenant's own idp", { acct: undefined, idp: `${legacy}/${ids.home}/` }, 'guest', true],
    ['acct 1', { acct: 1 }, 'guest', true],
    ["acct 1 beside a member's relation", { acct: 1, xms_idrel: '1' }, 'guest', true],
    ['acct 0 as text', { acct: '0' }, 'guest', true],
    ['a foreign idp beside acct 0', { idp: `${legacy}/${ids.second}/` }, 'guest', true],
    ['an idp of another type', { idp: [`${legacy}/${ids.home}/`] }, 'guest', true],
    ["a guest's relation beside acct 0", { xms_idrel: '1 5' }, 'guest', true],
    ['a relation that only contains a 5', { xms_idrel: '15 51' }, 'person', false],
    ['an agent for a person', { xms_act_fct: '3 9 11' }, 'agent-for-person', false],
    ['an agent known by its blueprint alone', { xms_par_app_azp: ids.unlisted }, 'agent-for-person', false],
    ['an agent for a guest', { xms_act_fct: '11', acct: 1 }, 'agent-for-person', true],
    ["an agent's user", { xms_act_fct: '11', xms_sub_fct: '3 13' }, 'agent-user', false],
    ['a subject that is an agent itself', { xms_sub_fct: '11' }, 'agent-user', false],
    ['facets that only contain the digits', { xms_act_fct: '111 113', xms_sub_fct: '131' }, 'person', false],
    ['an application', app, 'app', false],
    ['an application with roles and no idtyp', { ...app, idtyp: undefined, sub: 'x', roles: ['r'] }, 'app', false],
    ['an application known by its subject', { ...app, idtyp: undefined }, 'app', false],
    ['an application with a scope', { ...app, scp: 'access_as_user' }, 'app', false],
    ['an autonomous agent', { ...app, xms_act_fct: '11', xms_sub_fct: '11' }, 'app', false],
  ])('is told apart: %s', async (...[, claims, kind, guest]) => {
    expect(await principalOf(claims)).toMatchObject({ kind, guest })
  })

  it.each<[string, Claims, readonly string[]]>([
    ['an agent', { scp: 'access_as_user control' }, ['access_as_user']],
    ['the console', { azp: ids.console, scp: 'control access_as_user' }, ['access_as_user', 'control']],
    ['the console with control alone', { azp: ids.console, scp: 'control' }, ['control']],
    ['the console as an agent', { azp: ids.console }, ['access_as_user']],
    ['an application', { ...app, scp: 'access_as_user' }, []],
  ])('has the scopes that count: %s', async (_title, claims, scopes) => {
    expect((await principalOf(claims)).scopes).toEqual(scopes)
  })

  it.each<[string, Claims, readonly string[] | null]>([
    ['none listed', {}, []],
    ['listed', { groups: [ids.bob] }, [ids.bob]],
    ['too many to list', { _claim_names: { groups: 'src1' } }, null],
    ['too many to list, implicit flow', { hasgroups: true }, null],
    ['listed and too many', { groups: [ids.bob], _claim_names: { groups: 'src1' } }, null],
  ])('has groups: %s', async (_title, claims, groups) => {
    expect((await principalOf(claims)).groups).toEqual(groups)
  })

  it.each<[unknown, boolean]>([
    ['0', true],
    ['1', false],
    ['2', false],
    [undefined, true],
    [1, true],
  ])('with azpacr %j is a public client: %j', async (azpacr, publicClient) => {
    expect((await principalOf({ azpacr })).publicClient).toBe(publicClient)
  })

  it.each<[unknown, boolean]>([
    [['cp1'], true],
    [['x', 'CP1'], true],
    [undefined, false],
    ['cp1', false],
    [['cp11'], false],
  ])('with xms_cc %j can answer a challenge: %j', async (xms_cc, able) => {
    expect((await principalOf({ xms_cc })).canAnswerChallenge).toBe(able)
  })

  it('carries what policy and the book need', async () => {
    const claims = {
      acrs: ['c1'],
      roles: ['r'],
      xms_act_fct: '11',
      xms_par_app_azp: ids.unlisted,
      upn: 'alice@x.example',
    }
    expect(await principalOf(claims)).toMatchObject({
      tid: ids.home,
      oid: ids.alice,
      actor: ids.agent,
      blueprint: ids.unlisted,
      authContexts: ['c1'],
      roles: ['r'],
      tokenId: 'token-1',
      issuedAt: noon / 1000 - 300,
      expiresAt: noon / 1000 + 3600,
      username: 'alice@x.example',
    })
  })

  it.each<[string, Claims]>([
    ['with a line break', { upn: 'a\nb' }],
    ['overlong', { upn: 'a'.repeat(321) }],
    ['of another type', { upn: 7 }],
    ["of an application's", { ...app, upn: 'a@x.example' }],
  ])('has no username %s', async (_title, claims) => {
    expect((await principalOf(claims)).username).toBeNull()
  })
})
