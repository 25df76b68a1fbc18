/**
 * The people, agents, tenants and applications of the embedded stack. Invented for it: fixed GUIDs, example domains.
 * In a real tenant these are Entra objects; here the token stand-in, the databases and the tests share this one table.
 */
export const tenants = {
  home: '11111111-1111-4111-8111-111111111111',
  /** A second customer: its tokens are accepted, its rights end at its own border. */
  other: '22222222-2222-4222-8222-222222222222',
  /** Never on an allow-list. */
  stranger: '33333333-3333-4333-8333-333333333333',
} as const

/** Application (client) ids. `agent` is the ordinary confidential agent, `public` one that proves nothing about itself. */
export const apps = {
  api: 'c0000000-0000-4000-8000-000000000001',
  console: 'c0000000-0000-4000-8000-000000000002',
  agent: 'c0000000-0000-4000-8000-000000000003',
  public: 'c0000000-0000-4000-8000-000000000004',
  scout: 'c0000000-0000-4000-8000-000000000005',
  sidekick: 'c0000000-0000-4000-8000-000000000006',
  blueprint: 'c0000000-0000-4000-8000-000000000007',
  robot: 'c0000000-0000-4000-8000-000000000008',
  orders: 'c0000000-0000-4000-8000-000000000009',
  verifier: 'c0000000-0000-4000-8000-00000000000a',
  keymaker: 'c0000000-0000-4000-8000-00000000000b',
  /** Microsoft's own registrations, with their real ids. */
  databricks: '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d',
  postgresql: '123cd850-d9df-40bd-94d5-c9f07b7fa203',
  graph: '00000003-0000-0000-c000-000000000000',
} as const

/** Security groups of the home tenant (object ids). */
export const groups = {
  salesEmea: '9a000000-0000-4000-8000-000000000001',
  salesUs: '9a000000-0000-4000-8000-000000000002',
  hr: '9a000000-0000-4000-8000-000000000003',
  approvers: '9a000000-0000-4000-8000-000000000004',
  auditors: '9a000000-0000-4000-8000-000000000005',
  /** Nobody's: who may send data out is named one by one. */
  egress: '9a000000-0000-4000-8000-000000000006',
} as const

/** Who a token may be asked for. `azp` is the actor of an ordinary token; facets are Entra Agent ID's claim values. */
export interface Persona {
  readonly name: string
  readonly kind: 'person' | 'guest' | 'app' | 'agent-for-person' | 'agent-user'
  readonly tid: string
  readonly oid: string
  readonly username: string
  readonly displayName: string
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  readonly azp: string
  readonly blueprint?: string
  readonly actorFacets?: string
  readonly subjectFacets?: string
  /** Where a guest comes from. */
  readonly homeTenant?: string
}

const member = { kind: 'person', tid: tenants.home, azp: apps.agent, roles: [], groups: [] } as const

const alice: Persona = {
  ...member,
  name: 'alice',
  oid: 'a0000000-0000-4000-8000-000000000001',
  username: 'alice@countersign.example',
  displayName: 'Alice Adler',
  groups: [groups.salesEmea],
}

const bob: Persona = {
  ...member,
  name: 'bob',
  oid: 'a0000000-0000-4000-8000-000000000002',
  username: 'bob@countersign.example',
  displayName: 'Bob Brandt',
  groups: [groups.salesUs],
}

const carol: Persona = {
  ...member,
  name: 'carol',
  oid: 'a0000000-0000-4000-8000-000000000003',
  username: 'carol@countersign.example',
  displayName: 'Carol Castro',
  groups: [groups.approvers],
  roles: ['Countersign.Approver', 'Countersign.Operator'],
}

const dave: Persona = {
  ...member,
  name: 'dave',
  oid: 'a0000000-0000-4000-8000-000000000004',
  username: 'dave@countersign.example',
  displayName: 'Dave Dubois',
  groups: [groups.auditors],
  roles: ['Countersign.Auditor'],
}

const erin: Persona = {
  ...member,
  name: 'erin',
  kind: 'guest',
  oid: 'a0000000-0000-4000-8000-000000000005',
  username: 'erin_partner.example#EXT#@countersign.example',
  displayName: 'Erin Engel',
  groups: [groups.salesEmea],
  homeTenant: tenants.stranger,
}

const heidi: Persona = {
  ...member,
  name: 'heidi',
  oid: 'a0000000-0000-4000-8000-000000000006',
  username: 'heidi@countersign.example',
  displayName: 'Heidi Huber',
  groups: [groups.hr],
  roles: ['Countersign.BreakGlass'],
}

const mallory: Persona = {
  ...member,
  name: 'mallory',
  tid: tenants.other,
  oid: 'a0000000-0000-4000-8000-000000000007',
  username: 'mallory@elsewhere.example',
  displayName: 'Mallory Moss',
  roles: ['Countersign.Operator', 'Countersign.Approver'],
}

/** An application alone: its oid is its service principal, there is no person. */
const robot: Persona = {
  ...member,
  name: 'robot',
  kind: 'app',
  oid: 'b0000000-0000-4000-8000-000000000001',
  username: '',
  displayName: 'Robot',
  azp: apps.robot,
  roles: ['Catalogue.Read'],
}

/** What checks the book: an application that may read the vault's secrets, and nothing else anywhere. */
const verifier: Persona = {
  ...member,
  name: 'verifier',
  kind: 'app',
  oid: 'b0000000-0000-4000-8000-000000000003',
  username: '',
  displayName: 'Verifier',
  azp: apps.verifier,
}

/** Who makes keys in an emergency: sets the secrets of the months, and reads no value. */
const keymaker: Persona = {
  ...member,
  name: 'keymaker',
  kind: 'app',
  oid: 'b0000000-0000-4000-8000-000000000004',
  username: '',
  displayName: 'Keymaker',
  azp: apps.keymaker,
}

/** An agent identity acting for Alice: subject alice, actor scout. */
const scout: Persona = {
  ...alice,
  name: 'scout',
  kind: 'agent-for-person',
  azp: apps.scout,
  blueprint: apps.blueprint,
  actorFacets: '3 9 11',
}

/** An agent's own user account: a user object that no person stands behind. */
const sidekick: Persona = {
  ...member,
  name: 'sidekick',
  kind: 'agent-user',
  oid: 'b0000000-0000-4000-8000-000000000002',
  username: 'sidekick@countersign.example',
  displayName: 'Sidekick',
  azp: apps.sidekick,
  blueprint: apps.blueprint,
  groups: [groups.salesEmea],
  actorFacets: '3 11',
  subjectFacets: '3 13',
}

export const personas = {
  alice,
  bob,
  carol,
  dave,
  erin,
  heidi,
  mallory,
  robot,
  scout,
  sidekick,
  verifier,
  keymaker,
} as const

export type PersonaName = keyof typeof personas

/** The persona of that name, or undefined. */
export function personaNamed(name: string): Persona | undefined {
  return Object.hasOwn(personas, name) ? personas[name as PersonaName] : undefined
}

/** The directory entry behind a token's (tid, oid): never an agent acting for somebody, always the account itself. */
export function accountOf(tid: unknown, oid: unknown): Persona | undefined {
  const everyone: readonly Persona[] = Object.values(personas)
  return everyone.find((one) => one.tid === tid && one.oid === oid && one.kind !== 'agent-for-person')
}
