import * as z from 'zod'

/** An application that is known in the tenant, with the delegated permissions that it offers. */
export interface KnownApi {
  readonly id: string
  readonly scopes: readonly string[]
}

/** A consent: to whom (null: everybody in the tenant), to which API, for which permissions. */
export interface Grant {
  readonly api: string
  readonly person: string | null
  readonly scopes: readonly string[]
}

/** What the tenant's directory says; null where it knows no such application. Rejects where it cannot be read. */
export interface Directory {
  readonly findApi: (applicationId: string) => Promise<KnownApi | null>
  readonly grantsOf: (client: string) => Promise<readonly Grant[]>
}

const principals = z.object({
  value: z.array(
    z.object({ id: z.string(), oauth2PermissionScopes: z.array(z.object({ value: z.string() })).default([]) }),
  ),
})
const grants = z.object({
  value: z.array(
    z.object({
      resourceId: z.string(),
      consentType: z.string(),
      principalId: z.string().nullish(),
      scope: z.string().nullish(),
    }),
  ),
  '@odata.nextLink': z.string().optional(),
})
const mostPages = 20

/** Reads Microsoft Graph as the person whose token it is. */
export function openDirectory(graph: string, token: string): Directory {
  const read = async (url: string): Promise<unknown> => {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(20_000),
    })
    if (!response.ok) throw new Error(`Graph answered ${response.status}`)
    return response.json()
  }
  const ask = (path: string, query: Readonly<Record<string, string>>) =>
    read(`${graph}/v1.0/${path}?${new URLSearchParams(query).toString()}`)
  return {
    findApi: async (applicationId) => {
      const filter = `appId eq '${applicationId.replaceAll("'", "''")}'`
      const { value } = principals.parse(
        await ask('servicePrincipals', { $filter: filter, $select: 'id,oauth2PermissionScopes' }),
      )
      const [first] = value
      return first === undefined
        ? null
        : { id: first.id, scopes: first.oauth2PermissionScopes.map((scope) => scope.value) }
    },
    grantsOf: async (client) => {
      const all: Grant[] = []
      let page = grants.parse(await ask('oauth2PermissionGrants', { $filter: `clientId eq '${client}'` }))
      for (let turned = 0; turned < mostPages; turned += 1) {
        all.push(...page.value.map(describeGrant))
        const next = page['@odata.nextLink']
        if (next === undefined) break
        // The token goes nowhere but to Graph.
        if (new URL(next).origin !== new URL(graph).origin) throw new Error('Graph leads elsewhere')
        page = grants.parse(await read(next))
      }
      return all
    },
  }
}

function describeGrant({
  resourceId,
  consentType,
  principalId,
  scope,
}: z.output<typeof grants>['value'][number]): Grant {
  const scopes = (scope ?? '').split(' ').filter((each) => each !== '')
  return { api: resourceId, person: consentType === 'AllPrincipals' ? null : (principalId ?? ''), scopes }
}
