import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type PersonaName, tenants } from '../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../infra/local/postgres/database.ts'
import { databasePeople } from '../../infra/local/postgres/roles.ts'
import { makeRunFolder } from '../../infra/local/stack/scratch.ts'
import { sqlAudience, startTds, type TdsServer } from '../../infra/local/tds/server.ts'
import { type Certificates, makeCertificates } from '../../infra/local/tls/certificates.ts'
import { openTdsSession } from '../../shared/upstream/tds-session.ts'

let run: string
let certificates: Certificates
let database: Database
let entra: Entra
let server: TdsServer

beforeAll(async () => {
  run = makeRunFolder()
  ;[certificates, entra, database] = await Promise.all([
    makeCertificates(['localhost']),
    startEntra(),
    startDatabase({ run, people: databasePeople }),
  ])
  const verifyToken = (token: string) => entra.verifyAccessToken(token, { audience: sqlAudience })
  server = await startTds({ certificate: certificates, place: database, homeTenant: tenants.home, verifyToken })
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await entra?.stop()
  await database?.stop()
  await rm(run, { recursive: true, force: true })
})

const mint = (who: PersonaName, more: Readonly<Record<string, unknown>> = {}) =>
  entra.mint(who, { version: 1, aud: sqlAudience, scope: 'user_impersonation', ...more }).token

/** Signs in as the unmodified driver does, and asks who that is. */
async function signIn(token: string): Promise<unknown> {
  const place = { host: 'localhost', port: server.port, database: 'countersign', ca: certificates.ca }
  const options = { ...place, token, programName: 'a-program', connectTimeoutMs: 5000, maxBytes: 100_000 }
  const session = await openTdsSession({ ...options, allowsHost: () => false }, new AbortController().signal)
  const [row] = await session.script('SELECT ORIGINAL_LOGIN() AS login')
  session.kill()
  return row?.login
}

describe('the server over TDS', () => {
  it.each(['alice', 'bob'] as const)('signs %s in with a token of their own', async (who) => {
    expect(await signIn(mint(who))).toBe(`${who}@countersign.example`)
  })

  it.each([
    ['for another API', () => mint('alice', { aud: 'https://ossrdbms-aad.database.windows.net' })],
    ['that has expired', () => mint('alice', { exp: 1 })],
    ['of another tenant', () => mint('mallory')],
    ['of an application alone', () => mint('robot')],
    ['whose signature is cut', () => mint('alice').slice(0, -8)],
    ['that was never one', () => 'not a token'],
  ])('refuses a token %s', async (_what, token) => {
    await expect(signIn(token())).rejects.toMatchObject({ number: 18456 })
  })
})
