import { describe, expect, it } from 'vitest'
import { personas } from '../../../infra/local/personas.ts'
import { vaultRoles } from '../../../infra/local/stack/vault-roles.ts'

const ids = { gateway: { principalId: 'g' }, sealer: { principalId: 's' }, verifier: { principalId: 'v' } }
const auditor = personas.verifier.oid

function may(oid: string, request: string, now = '2026-11-22T12:00:00Z'): boolean {
  const [method = '', path = ''] = request.split(' ')
  return vaultRoles(ids, () => Date.parse(now))({ oid }, { method, url: new URL(path, 'https://vault') })
}

describe('roles in the vault', () => {
  it.each([
    ['g', 'GET /secrets/audit-hmac-2026-11', true],
    ['g', 'GET /secrets/audit-hmac-2026-10', false],
    ['g', 'GET /secrets/audit-hmac-2026-12', false],
    ['g', 'GET /secrets/mask-key/', true],
    ['g', 'GET /secrets/other', false],
    ['g', 'GET /secrets/audit-runs', false],
    ['v', 'GET /secrets/audit-runs', true],
    ['v', 'PUT /secrets/audit-runs', true],
    [personas.keymaker.oid, 'PUT /secrets/audit-runs', false],
    ['g', 'PUT /secrets/audit-hmac-2026-11', false],
    ['g', 'DELETE /secrets/mask-key', false],
    ['g', 'GET /keys/evidence-signing', false],
    ['g', 'POST /keys/evidence-signing/1/sign', false],
    ['s', 'GET /keys/evidence-signing', true],
    ['s', 'POST /keys/evidence-signing/1/sign', true],
    ['s', 'POST /keys/other/1/sign', false],
    ['s', 'POST /keys/evidence-signing/rotate', false],
    ['s', 'DELETE /keys/evidence-signing', false],
    ['s', 'GET /secrets/audit-hmac-2026-11', false],
    ['v', 'GET /secrets/audit-hmac-2026-10', true],
    ['v', 'GET /keys/evidence-signing/1', true],
    ['v', 'POST /keys/evidence-signing/1/sign', false],
    ['g', 'GET /secrets/audit-hmac-2026-11/versions', true],
    ['v', 'PUT /secrets/audit-hmac-2026-12', true],
    ['v', 'PATCH /secrets/audit-hmac-2026-12/1', true],
    ['v', 'PUT /secrets/mask-key', false],
    ['v', 'PUT /keys/evidence-signing', false],
    ['v', 'DELETE /secrets/audit-hmac-2026-12', false],
    [personas.keymaker.oid, 'PUT /secrets/audit-hmac-2026-12', true],
    [personas.keymaker.oid, 'PATCH /secrets/audit-hmac-2026-12/1', true],
    [personas.keymaker.oid, 'GET /secrets/audit-hmac-2026-12/versions', true],
    [personas.keymaker.oid, 'GET /secrets/audit-hmac-2026-12', false],
    [personas.keymaker.oid, 'GET /secrets/audit-hmac-2026-12/1', false],
    [personas.keymaker.oid, 'PUT /secrets/mask-key', false],
    [personas.keymaker.oid, 'PUT /keys/evidence-signing', false],
    [auditor, 'PUT /secrets/audit-hmac-2026-12', false],
    [auditor, 'GET /secrets/audit-hmac-2026-10', true],
    [auditor, 'POST /keys/evidence-signing/1/sign', false],
    [personas.alice.oid, 'GET /secrets/mask-key', false],
  ])('%s: %s is %s', (oid, request, expected) => {
    expect(may(oid, request)).toBe(expected)
  })

  it.each([
    ['audit-hmac-2026-12', '2026-11-30T22:59:00Z', false],
    ['audit-hmac-2026-12', '2026-11-30T23:01:00Z', true],
    ['audit-hmac-2026-11', '2026-12-02T23:59:00Z', true],
    ['audit-hmac-2026-11', '2026-12-03T00:01:00Z', false],
  ])('give the gateway %s at %s: %s', (name, now, expected) => {
    expect(may('g', `GET /secrets/${name}`, now)).toBe(expected)
  })
})
