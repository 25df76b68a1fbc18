import { describe, expect, it } from 'vitest'
import { apps, tenants } from '../../infra/local/personas.ts'
import { problems } from '../../shared/errors/problem.ts'
import type { World } from './gateway-world.ts'

const declared = {
  'azure-postgresql': [
    'executeQuery',
    'executeStatement',
    'executeDestructive',
    'explainQuery',
    'explainChange',
    'listTables',
    'describeTable',
  ],
  'azure-storage-blob': [
    'listContainers',
    'listBlobs',
    'getBlob',
    'getBlobProperties',
    'findBlobsByTags',
    'putBlob',
    'deleteBlob',
    'deleteContainer',
  ],
  'databricks-sql': [
    'executeStatement',
    'executeWriteStatement',
    'executeDestructiveStatement',
    'getStatement',
    'getResultChunk',
    'cancelStatement',
    'listWarehouses',
    'startWarehouse',
    'stopWarehouse',
    'listQueryHistory',
  ],
  'rest-entra-api': ['listOrders', 'getOrder', 'createOrder', 'updateOrder', 'deleteOrder', 'whoami', 'health'],
}
/** The routes of these backends; the stack has more, which their own tests look at. */
const isShown = (route: string) => Object.hasOwn(declared, route.split('/')[2] ?? '')
const routes = Object.entries(declared).flatMap(([name, operations]) =>
  operations.map((each) => `/api/${name}/${each}`),
)

interface Listed {
  readonly route: string
  readonly decision: string
  readonly inputs: { readonly type: string }
}

/** Every route that is open today, as somebody finds them who has read nothing but the contract. */
export function describeRoutes(world: () => World): void {
  describe('the open routes', () => {
    it('say that the gateway is well', async () => {
      const { status, body } = await world().ask({ path: '/health' })
      expect([status, body]).toEqual([200, { status: 'ok', build: expect.stringMatching(/^[0-9a-f]{12}$/) }])
    })

    it('describe every declared operation, and only those', async () => {
      const { status, body } = await world().ask({ path: '/openapi.json' })
      expect([status, body.openapi]).toEqual([200, '3.0.3'])
      const governed = Object.entries(body.paths as Record<string, { post?: object }>).flatMap(
        ([path, { post = {} }]) => ('x-countersign-effect' in post ? [path] : []),
      )
      expect(governed.filter(isShown).sort()).toEqual([...routes].sort())
      expect(body.components.schemas.Problem.properties.code.enum).toEqual(Object.keys(problems))
      expect(body.servers).toEqual([{ url: world().file.gateway }])
    })

    it.each(['', '/mcp'])('say for %j where tokens come from (RFC 9728)', async (suffix) => {
      const { gateway } = world().file
      const { status, body } = await world().ask({ path: `/.well-known/oauth-protected-resource${suffix}` })
      expect([status, body]).toEqual([
        200,
        {
          resource: `${gateway}${suffix}`,
          authorization_servers: [tenants.home, tenants.other].map(
            (tid) => `https://login.microsoftonline.com/${tid}/v2.0`,
          ),
          scopes_supported: [`api://${apps.api}/access_as_user`],
          bearer_methods_supported: ['header'],
        },
      ])
    })

    it.each(Object.keys(problems))('explain the problem %s', async (code) => {
      const { status, body } = await world().ask({ path: `/problems/${code}` })
      expect([status, body.code, body.status]).toEqual([200, code, problems[code as keyof typeof problems].status])
      expect(body.advice).toMatch(/\w.*\.$/s)
    })

    it.each([
      '/problems/constructor',
      '/problems/__proto__',
      '/problems/nothing',
      '/.well-known/oauth-protected-resource/x',
    ])('answer %s as an unknown thing, in the form of a problem', async (path) => {
      const { status, body, headers } = await world().ask({ path })
      expect([status, body.code]).toEqual([404, 'operation_unknown'])
      expect(headers.get('content-type')).toBe('application/problem+json')
    })

    it.each([
      ['GET', '/'],
      ['GET', '/index.html'],
      ['GET', '/.env'],
      ['GET', '/dist/main.js'],
      ['POST', '/health'],
      ['DELETE', '/openapi.json'],
      ['PUT', '/problems/internal'],
    ])('leave %s %s to the host, which says nothing', async (method, path) => {
      const { status, text } = await world().ask({ method, path, ...(method === 'GET' ? {} : { body: {} }) })
      expect([status, text]).toEqual([404, ''])
    })
  })

  describe('the catalogue', () => {
    it.each(['alice', 'robot'] as const)('lists for %s operations with their schemas', async (persona) => {
      const { status, body } = await world().ask({ path: '/api/operations', token: await world().token(persona) })
      const listed = body.operations as Listed[]
      expect(status).toBe(200)
      // Agents administer nothing; an application alone sees everything, denied.
      const forbidden = ['/api/azure-storage-blob/deleteContainer', '/api/databricks-sql/stopWarehouse']
      const never = persona === 'robot' ? [] : forbidden
      expect(
        listed
          .map(({ route }) => route)
          .filter(isShown)
          .sort(),
      ).toEqual(routes.filter((each) => !never.includes(each)).sort())
      expect(listed.every(({ inputs }) => inputs.type === 'object')).toBe(true)
    })

    it('leaves out what a person may never use, and says what depends on the inputs', async () => {
      const { body } = await world().ask({ path: '/api/operations', token: await world().token('mallory') })
      const listed = body.operations as Listed[]
      expect(listed.filter(({ decision }) => decision === 'permit')).toEqual([])
      expect(
        listed
          .filter(({ route }) => isShown(route))
          .every(({ route }) => /^\/api\/(azure-(postgresql|storage-blob)|databricks-sql)\//.test(route)),
      ).toBe(true)
    })

    it.each(['/api/operations', '/api/explain', '/api/rest-entra-api/whoami', '/api/nothing/here', '/api'])(
      'and %s want a token',
      async (path) => {
        const post = path.includes('operations') ? {} : { body: {} }
        const { status, body, headers } = await world().ask({ path, ...post })
        expect([status, body.code]).toEqual([401, 'token_missing'])
        expect(headers.get('www-authenticate')).toContain(
          `resource_metadata="${world().file.gateway}/.well-known/oauth-protected-resource"`,
        )
      },
    )
  })

  describe('explain', () => {
    it('gives the decision that the call then gets, and calls nothing', async () => {
      const inputs = { sql: 'DELETE FROM sales.orders; SELECT pg_sleep(60)' }
      const token = await world().token('alice')
      const question = { backend: 'azure-postgresql', operation: 'executeQuery', inputs }
      const explained = await world().ask({ path: '/api/explain', token, body: question })
      const called = await world().call({ token }, 'azure-postgresql/executeQuery', inputs)
      expect([explained.status, explained.body.decision]).toEqual([200, 'deny'])
      expect(explained.body.reasons).toEqual(called.body.reasons)
      expect(explained.body.understood).toMatchObject({ writes: ['sales.orders'], dangers: expect.any(Array) })
      expect(explained.body.wouldPassIf.length).toBeGreaterThan(0)
    })

    it('answers an application without a person too, with a refusal that says why', async () => {
      const question = { backend: 'rest-entra-api', operation: 'listOrders', inputs: {} }
      const token = await world().token('robot')
      const { status, body } = await world().ask({ path: '/api/explain', token, body: question })
      expect([status, body.decision]).toEqual([200, 'deny'])
      expect(body.reasons).toContain('app_only')
    })

    it('takes no side effect: a fault that waits for the next exchange is still waiting', async () => {
      const before = await world().plant({ kind: 'consent', persona: 'bob', count: 1 })
      const question = { backend: 'rest-entra-api', operation: 'listOrders', inputs: {} }
      await world().ask({ path: '/api/explain', token: await world().token('bob'), body: question })
      expect(await world().plant({ kind: 'consent', persona: 'bob', count: 1 })).toBe(before + 1)
      await world().clear()
    })
  })

  describe('the fallback', () => {
    it.each([
      ['GET', '/api', 'backend_not_configured'],
      ['GET', '/api/rest-entra-api', 'operation_unknown'],
      ['GET', '/api/rest-entra-api/listOrders', 'operation_unknown'],
      ['PUT', '/api/rest-entra-api/listOrders', 'operation_unknown'],
      ['DELETE', '/api/rest-entra-api/deleteOrder', 'operation_unknown'],
      ['PATCH', '/api/azure-postgresql/executeQuery', 'operation_unknown'],
      ['POST', '/api/operations', 'backend_not_configured'],
      ['POST', '/api/rest-entra-api/listOrders/more/of/it', 'operation_unknown'],
      ['POST', '/api/amazon-s3/listBuckets', 'backend_not_configured'],
      ['POST', '/api/constructor/constructor', 'backend_not_configured'],
      ['POST', '/api/__proto__/toString', 'backend_not_configured'],
    ])('answers %s %s with %s', async (method, path, code) => {
      const token = await world().token('alice')
      const { status, body } = await world().ask({ method, path, token, ...(method === 'GET' ? {} : { body: {} }) })
      expect([status, body.code]).toEqual([404, code])
      expect(body).toMatchObject({ type: `${world().file.gateway}/problems/${code}`, status: 404, retryable: false })
    })
  })
}
