/**
 * The world of one line, in memory: every port logs that it was used and can be made to fail. Rows are kept as facts in
 * a list; the receipts are made by the real factory, but nothing is chained or durable.
 */

import type { ApprovalStore } from '../../shared/approval/approval.ts'
import type { ApprovalDesk } from '../../shared/approval/desk.ts'
import type { ApproverRules } from '../../shared/approval/vote.ts'
import { grantIntent, grantOutcome } from '../../shared/audit/receipt.ts'
import type { EventFacts, IntentFacts, OutcomeFacts } from '../../shared/audit/record.ts'
import type { Backend } from '../../shared/backend/define.ts'
import { Problem } from '../../shared/errors/problem.ts'
import { createChallengeMemory } from '../../shared/identity/challenge-memory.ts'
import type { Assertion, ExchangedToken, Principal } from '../../shared/identity/principal.ts'
import type { Notice } from '../../shared/notice/notice.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { Deployment, ExchangeRequest, Line, Ports } from '../../shared/pipeline/line.ts'
import type { Answer, Inbound, UpstreamAnswer, UpstreamCall } from '../../shared/pipeline/ports.ts'
import type { Identification } from '../../shared/pipeline/respond.ts'
import type { Decision, PolicyRequest } from '../../shared/policy/decision.ts'
import { createLocalTime } from '../../shared/policy/local-time.ts'
import { createCallRate } from '../../shared/quota/call-rate.ts'
import type { Statement } from '../../shared/sql/statement.ts'
import { createDesk } from './approval-desk.ts'
import { createMemoryApprovals, type MemoryApprovals, type StoreFault } from './approval-memory.ts'
import { lineBackend } from './line-backend.ts'
import { createMemoryGlass, createMemoryNotices } from './notice-memory.ts'
import { createMemoryRecorder } from './recorder-memory.ts'
import { createUsageMemory } from './usage-memory.ts'

export const noon = Date.UTC(2026, 10, 22, 12)
const publicUrl = 'https://gateway.example'
export const tid = '11111111-1111-4111-8111-111111111111'
const oid = 'a0000000-0000-4000-8000-000000000001'
const clientId = 'c0000000-0000-4000-8000-000000000001'

export const alice: Principal = {
  kind: 'person',
  tid,
  oid,
  actor: 'c0000000-0000-4000-8000-000000000003',
  publicClient: false,
  guest: false,
  scopes: ['access_as_user'],
  roles: [],
  groups: ['9a000000-0000-4000-8000-000000000001'],
  authContexts: [],
  canAnswerChallenge: true,
  tokenId: 'token-1',
  issuedAt: noon / 1000 - 300,
  expiresAt: noon / 1000 + 3600,
  username: 'alice@contoso.example',
}

/** Strings that must stand in no answer. */
export const secrets = { assertion: 'assertion-of-alice', backendToken: 'backend-token-of-alice', data: 'backend-data' }

export type Row =
  | { readonly kind: 'intent'; readonly seq: number; readonly facts: IntentFacts }
  | { readonly kind: 'outcome'; readonly seq: number; readonly of: number; readonly facts: OutcomeFacts }

/** What a port does instead of its work; it is called with the number of its use, from 1. */
type Fault<Result> = (use: number) => Result | Promise<Result>

/** Every port that can be made to fail. Whatever is left out works. */
export interface Faults {
  readonly verify?: Fault<Principal>
  readonly understand?: Fault<Partial<Statement>>
  readonly groups?: Fault<readonly string[]>
  readonly decide?: (request: PolicyRequest) => Partial<Decision>
  readonly intent?: Fault<void>
  readonly exchange?: Fault<void>
  readonly call?: Fault<Partial<UpstreamAnswer>>
  readonly recording?: Fault<void>
  readonly outcome?: Fault<void>
  readonly event?: (facts: EventFacts) => void
  readonly approvals?: StoreFault
}

export interface WorldOptions {
  readonly faults?: Faults
  readonly perMinute?: number
  readonly store?: ApprovalStore
  readonly breakGlass?: Ports['breakGlass']
  readonly desk?: ApprovalDesk
  /** Puts something before or in the place of ports, once they are made. */
  readonly wrap?: (ports: Ports) => Ports
  readonly newId?: () => string
  /** Epoch milliseconds; noon where it is left out. */
  readonly now?: () => number
  readonly backend?: Backend
  readonly configured?: ReadonlyMap<string, Backend>
  readonly classification?: Readonly<Record<string, string>>
}

export interface World {
  readonly ports: Ports
  readonly deployment: Deployment
  readonly identification: Identification
  readonly line: Line
  /** The ports in the order of their use. */
  readonly used: string[]
  readonly rows: Row[]
  readonly events: EventFacts[]
  readonly approvals: MemoryApprovals
  readonly notices: Notice[]
  readonly calls: UpstreamCall[]
  readonly exchanges: ExchangeRequest[]
  readonly logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
}

export const permit: Decision = {
  verdict: 'permit',
  reasons: [],
  rules: ['rule-1'],
  obligations: [],
  clearLabels: [],
  policyDigest: 'policy-digest',
  schemaDigest: 'schema-digest',
}

const understoodRead: Statement = {
  effect: 'read',
  safeRead: true,
  statements: 1,
  reads: ['sales.orders'],
  writes: [],
  dangers: [],
  text: 'SELECT 1',
  outputs: null,
}

const identification: Identification = {
  publicUrl,
  challenge: { cloud: 'public', clientId, resourceMetadata: `${publicUrl}/.well-known/oauth-protected-resource` },
}

/** Who may approve in this world. */
export const approvers: ApproverRules = {
  homeTenant: tid,
  consoleClientId: 'c0000000-0000-4000-8000-000000000002',
  groups: {
    approvers: ['9a000000-0000-4000-8000-000000000004'],
    managers: ['9a000000-0000-4000-8000-000000000006'],
    owners: ['9a000000-0000-4000-8000-000000000007'],
    nobody: [],
  },
}

type Log = (name: string) => number

/** Counts uses by port name, and remembers their order. */
function createUses(used: string[]): Log {
  const counts = new Map<string, number>()
  return (name) => {
    used.push(name)
    counts.set(name, (counts.get(name) ?? 0) + 1)
    return counts.get(name) ?? 0
  }
}

/** Counts first, fails then: a port that fails was used. */
async function pass<Result>(count: number, fault: Fault<Result> | undefined): Promise<Result | undefined> {
  return fault?.(count)
}

export function createWorld(options: WorldOptions = {}): World {
  const { faults = {} } = options
  const backend = options.backend ?? lineBackend
  const used: string[] = []
  const use = createUses(used)
  const rows: Row[] = []
  const events: EventFacts[] = []
  const approvals = createMemoryApprovals(faults.approvals)
  const now = options.now ?? (() => noon)
  const notices: Notice[] = []
  const calls: UpstreamCall[] = []
  const exchanges: ExchangeRequest[] = []
  const logged: World['logged'] = []
  let ids = 0
  const verify = async () => {
    const principal = (await pass(use('verify'), faults.verify)) ?? alice
    return { principal, assertion: { value: secrets.assertion } as Assertion }
  }
  const plain: Ports = {
    verify,
    verifyAny: verify,
    recordings: createMemoryRecorder(async () => void (await pass(use('recording'), faults.recording))),
    approvals: options.store ?? approvals,
    breakGlass: options.breakGlass ?? createMemoryGlass(now).store,
    notices: createMemoryNotices(notices),
    approvalDesk: options.desk ?? createDesk(),
    configured: options.configured ?? new Map([[backend.name, backend]]),
    understand: async () => ({ ...understoodRead, ...(await pass(use('understand'), faults.understand)) }),
    policy: () => ({
      decide: (request) => {
        use('decide')
        return { ...permit, ...faults.decide?.(request) }
      },
      policyDigest: 'policy-digest',
      schemaDigest: 'schema-digest',
      rules: [],
    }),
    stepUps: createChallengeMemory(() => noon),
    callRate: createCallRate({ perMinute: options.perMinute ?? 100, now: () => noon }),
    ...createUsageMemory({ now }),
    audit: createAudit({ rows, events }, use, faults),
    exchange: createExchange(exchanges, use, faults),
    groupsOf: async () => (await pass(use('groups'), faults.groups)) ?? [],
    handleKey: async () => new Uint8Array(32).fill(7),
    executors: new Map([['rest', createExecutor(calls, use, faults)]]),
    now,
    localTime: createLocalTime('UTC'),
    newId: options.newId ?? (() => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`),
    randomHex: (bytes) => 'ab'.repeat(bytes),
    deadlineMs: 1000,
    log: (event, fields) => logged.push({ event, fields }),
  }
  const ports = options.wrap?.(plain) ?? plain
  const deployment = createDeployment(backend.name, options.classification ?? {})
  const line = createLine(ports, deployment, identification)
  return { ports, deployment, identification, line, used, rows, events, approvals, notices, calls, exchanges, logged }
}

function createAudit({ rows, events }: Pick<World, 'rows' | 'events'>, use: Log, faults: Faults): Ports['audit'] {
  const place = () => ({ lane: 'lane-1', segment: 0, seq: rows.length + 1 })
  const write = async <Cleared extends boolean>(name: string, facts: IntentFacts) => {
    await pass(use(name), faults.intent)
    const row = place()
    rows.push({ kind: 'intent', seq: row.seq, facts })
    return grantIntent<Cleared>({ ...row, mac: `mac-${row.seq}`, begun: 0 }, facts.decisionId)
  }
  return {
    recordPermitted: (facts) => write<true>('permitted', facts),
    recordRefused: (facts) => write<false>('refused', facts),
    recordOutcome: async (intent, facts) => {
      await pass(use('outcome'), faults.outcome)
      const row = place()
      rows.push({ kind: 'outcome', seq: row.seq, of: intent.seq, facts })
      return grantOutcome(row, intent)
    },
    recordEvent: async (facts) => {
      faults.event?.(facts)
      events.push(facts)
      return place()
    },
  }
}

function createExchange(exchanges: ExchangeRequest[], use: Log, faults: Faults): Ports['exchange'] {
  return {
    exchange: async (request) => {
      exchanges.push(request)
      await pass(use('exchange'), faults.exchange)
      const { principal, scope } = request
      const token = { value: secrets.backendToken, tid: principal.tid, oid: principal.oid, scope }
      return { ...token, expiresAt: noon + 3_600_000 } as ExchangedToken
    },
    purge: () => {
      use('purge')
    },
  }
}

function createExecutor(calls: UpstreamCall[], use: Log, faults: Faults) {
  return {
    call: async (call: UpstreamCall): Promise<UpstreamAnswer> => {
      calls.push(call)
      const changes = await pass(use('call'), faults.call)
      // Properties are copied as they are, so that a test may plant one that throws when it is read.
      return Object.defineProperties(plainAnswer(), Object.getOwnPropertyDescriptors(changes ?? {}))
    },
    close: async () => undefined,
  }
}

function plainAnswer(): UpstreamAnswer {
  return {
    data: { id: '7', note: secrets.data },
    rows: 1,
    bytes: 30,
    truncated: false,
    backendIds: { 'x-request-id': 'backend-1' },
    identity: { source: 'backend', method: 'request', checkedAt: new Date(noon).toISOString(), matches: true },
  }
}

function createDeployment(name: string, classification: Readonly<Record<string, string>>): Deployment {
  return {
    publicUrl,
    settingsDigest: 'settings-digest',
    buildDigest: 'build-digest',
    rowLimit: 1000,
    declarationDigests: new Map([[name, 'declaration-digest']]),
    classificationDigests: new Map([[name, 'classification-digest']]),
    targetDigests: new Map([[name, 'target-digest']]),
    classifications: new Map([[name, classification]]),
    scopes: new Map([[name, 'api://line-backend/.default']]),
    maskKey: { version: 'v1', secret: new Uint8Array(32) },
    challenge: identification.challenge,
    approvers,
  }
}

/** A request for one operation of the world's backend. */
export function inboundFor(operation: string, inputs: unknown = {}, changes: Partial<Inbound> = {}): Inbound {
  return {
    method: 'POST',
    path: `/api/${lineBackend.name}/${operation}`,
    backend: lineBackend.name,
    operation,
    headers: { 'content-type': 'application/json' },
    query: '',
    body: Buffer.from(JSON.stringify(inputs)),
    remoteAddress: '192.0.2.1',
    ...changes,
  }
}

/** How a call ended: an answer, or what was thrown instead of one. */
export interface Ending {
  readonly status: number
  readonly code: string
  readonly answer?: Answer
  readonly thrown?: unknown
}

/** Runs one call to its end. `code` is `ok` for an answer with data. */
export async function run(world: World, inbound: Inbound): Promise<Ending> {
  try {
    const answer = await handle(inbound, world.line)
    const { code = 'ok' } = JSON.parse(answer.body) as { code?: string }
    return { status: answer.status, code, answer }
  } catch (thrown) {
    if (thrown instanceof Problem) return { status: thrown.status, code: thrown.code, thrown }
    return { status: 500, code: 'thrown', thrown }
  }
}

/** What an executor throws: `reason` begins with `not_called:` or `unknown:`, or says neither where it was called. */
export function backendProblem(code: Problem['code'], reason: string, members: Problem['members'] = {}): Problem {
  return new Problem(code, 'The backend did not do it.', { ...members, reason })
}
