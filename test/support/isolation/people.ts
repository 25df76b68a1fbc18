/** Who takes part: people of two tenants, chosen so that mixing any two of them up would show. */
import { apps, type PersonaName, personas, tenants } from '../../../infra/local/personas.ts'

/** A person who calls. `region` is what they may see of both backends; null: nothing. */
export interface Identity {
  readonly name: string
  readonly persona: PersonaName
  readonly tid: string
  readonly oid: string
  readonly username: string
  /** What their tokens say in place of the persona's. */
  readonly overrides: Readonly<Record<string, unknown>>
  readonly region: 'EMEA' | 'US' | 'APAC' | null
  /** May change orders at the orders API. */
  readonly edits: boolean
  readonly home: boolean
}

const at = (persona: PersonaName) => {
  const { tid, oid, username } = personas[persona]
  return { name: persona, persona, tid, oid, username, overrides: {}, home: true } as const
}

export const alice: Identity = { ...at('alice'), region: 'EMEA', edits: true }
export const bob: Identity = { ...at('bob'), region: 'US', edits: true }
/** Approves at the console; as an agent's person she reads no orders. */
export const carol: Identity = { ...at('carol'), region: null, edits: false }
/** Sees in clear what is masked for the others. */
export const heidi: Identity = { ...at('heidi'), region: null, edits: false }

/** Alice's object id, sign-in name, display name, groups and agent, in the other tenant: only `tid` tells them apart. */
export const twin: Identity = {
  ...at('alice'),
  name: 'twin',
  tid: tenants.other,
  overrides: { tid: tenants.other },
  region: 'APAC',
  edits: true,
  home: false,
}

/** The other tenant's administrator, who calls herself Bob. */
export const mallory: Identity = {
  ...at('mallory'),
  username: personas.bob.username,
  overrides: { preferred_username: personas.bob.username, name: personas.bob.displayName },
  region: null,
  edits: false,
  home: false,
}

export const everyone: readonly Identity[] = [alice, bob, carol, heidi, twin, mallory]

/** The identity behind a (tid, oid), or undefined. */
export function identityOf(tid: unknown, oid: unknown): Identity | undefined {
  return everyone.find((one) => one.tid === tid && one.oid === oid)
}

export const agent: string = apps.agent
export const consoleApp: string = apps.console

/** A permit that only this test's gateway has: people of the other tenant may use both backends, which then judge. */
export const secondTenantPolicy = `
@id("isolation-second-tenant-orders")
@title("People of the second tenant use the orders API")
permit (principal, action in [Countersign::Action::"read", Countersign::Action::"write", Countersign::Action::"delete"], resource in Countersign::Backend::"rest-entra-api")
when { !principal.homeTenant && !principal.guest };

@id("isolation-second-tenant-database")
@title("People of the second tenant come as far as the database")
permit (principal, action in [Countersign::Action::"read", Countersign::Action::"write", Countersign::Action::"delete"], resource in Countersign::Backend::"azure-postgresql")
when { !principal.homeTenant && !principal.guest };
`
