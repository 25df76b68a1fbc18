import { createSecretKey, randomBytes } from 'node:crypto'
import type { EventFacts, IntentFacts, OutcomeFacts } from '../../../shared/audit/record.ts'
import type { RowStore } from '../../../shared/audit/store.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { type AuditWriter, type AuditWriterOptions, createAuditWriter } from '../../../shared/audit/writer.ts'

export const origin = 'audit.test/one'
export const kid = 'audit-hmac-2026-11/0a1b2c3d'
export const key = createSecretKey(Buffer.alloc(32, 7))
export const digest = 'ab'.repeat(32)

const keys = { current: async () => ({ kid, key }) }

/** Facts of a permitted read; every member of the contract is filled. */
export function permitted(decisionId: string, more: Partial<IntentFacts> = {}): IntentFacts {
  return {
    decisionId,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    principal: {
      kind: 'agent-for-person',
      tid: '11111111-1111-4111-8111-111111111111',
      oid: '22222222-2222-4222-8222-222222222222',
      azp: '33333333-3333-4333-8333-333333333333',
      blueprint: '44444444-4444-4444-8444-444444444444',
      tokenId: 'uti-1',
      acrs: ['c1'],
    },
    backend: 'azure-postgresql',
    operation: 'query',
    effect: 'read',
    reads: ['sales.orders'],
    writes: [],
    rules: ['readers'],
    reasons: ['permitted_by_rule'],
    obligations: [{ kind: 'row_limit', max: 100 }],
    context: { tainted: false, statements: 1, dangers: [], time: '2026-11-22T10:00:00Z' },
    digests: {
      policy: digest,
      schema: digest,
      classification: digest,
      declaration: digest,
      settings: digest,
      build: digest,
    },
    personal: {},
    ...more,
    verdict: 'permit',
  }
}

export function called(more: Partial<OutcomeFacts> = {}): OutcomeFacts {
  return {
    status: 'called',
    code: 'ok',
    backendIds: { 'x-ms-request-id': 'r-1' },
    identity: { source: 'backend', method: 'current_user', checkedAt: '2026-11-22T10:00:00.100Z', matches: true },
    rows: 3,
    bytes: 412,
    labels: ['pii'],
    masked: [{ path: '/rows/*/email', label: 'pii', strategy: 'drop' }],
    ...more,
  }
}

export const heartbeat: EventFacts = { kind: 'heartbeat', detail: { calls: 0 } }

export function openWriter(rows: RowStore, more: Partial<AuditWriterOptions> = {}): AuditWriter {
  return createAuditWriter({ rows, keys, clock: Date.now, random: randomBytes, origin, ...more })
}

/** Records a call from intent to outcome. */
export async function recordCall(writer: AuditWriter, decisionId: string, more: Partial<IntentFacts> = {}) {
  const intent = await writer.recordPermitted(permitted(decisionId, more))
  return { intent, outcome: await writer.recordOutcome(intent, called()) }
}

export function verify(rows: RowStore, more: { now?: number; requireAnchors?: boolean } = {}): Promise<VerifyReport> {
  const lookup = async (id: string) => (id === kid ? { key } : null)
  return verifyChain({ source: readStoredChain(rows), keys: lookup, now: Date.now(), ...more })
}
