import type { Cloud } from '../../shared/backend/define.ts'
import { cloudFacts } from '../../shared/identity/cloud.ts'
import {
  chooseApis,
  describeConsole,
  describeFederation,
  describeGateway,
  names,
  place,
  roleId,
  type Wanted,
} from './applications.ts'

/** One request to Microsoft Graph; `{{…}}` stands for what the answer of an earlier one has, by that one's name. */
export interface GraphRequest {
  readonly name: string
  readonly method: 'GET' | 'PATCH' | 'POST'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

/** What an Entra admin is asked to apply, in this order. Each request may be repeated. */
export interface AdminRequest {
  readonly about: string
  readonly requests: readonly GraphRequest[]
  /** What has to be consented to, and cannot be said by a request that is safe to repeat. */
  readonly consent: readonly string[]
  /** What to give back to whoever deploys. */
  readonly giveBack: readonly string[]
  /** What was left out for want of a value, and of which; the same command makes it once the value is there. */
  readonly later: readonly string[]
}

const upsert = { prefer: 'create-if-missing' }

/** The request for one deployment. Nothing in it is secret, and none of it makes a secret. */
export function makeRequest(wanted: Wanted): AdminRequest {
  const { apis, own } = chooseApis(wanted.backends)
  const ask = asker(wanted.cloud)
  return {
    about: `Registrations of Countersign (${wanted.environment}) in tenant ${wanted.tenantId}. Needs the role Application Administrator; consent needs Privileged Role Administrator where an API asks for it.`,
    requests: [
      ...apis.map(({ api, name }) =>
        ask(name, `GET servicePrincipals(appId='${api}')?$select=appId,oauth2PermissionScopes`),
      ),
      ...seed(ask, 'gateway', wanted),
      ...seed(ask, 'console', wanted),
      ask('gateway-whole', `PATCH ${byName('gateway', wanted)}`, describeGateway(wanted)),
      ...federate(ask, wanted),
      ask('console-whole', `PATCH ${byName('console', wanted)}`, describeConsole(wanted)),
      ...assignRoles(ask, wanted),
    ],
    consent: consentOf(wanted, own),
    giveBack: [
      `azd env set COUNTERSIGN_CLIENT_ID ${place.clientId}`,
      `azd env set COUNTERSIGN_CONSOLE_CLIENT_ID ${place.consoleClientId}`,
    ],
    later: leftOut(wanted),
  }
}

/** `call` is a method and a path of Graph, as in `GET users`. */
type Ask = (name: string, call: string, body?: object) => GraphRequest

function asker(cloud: Cloud): Ask {
  return (name, call, body) => {
    const [method, path] = call.split(' ', 2) as [GraphRequest['method'], string]
    return {
      ...{ name, method, url: `${cloudFacts(cloud).graph}/v1.0/${path}` },
      ...(method === 'PATCH' ? { headers: upsert } : {}),
      ...(body === undefined ? {} : { body }),
    }
  }
}

type Which = 'gateway' | 'console'

function byName(which: Which, { environment }: Wanted): string {
  return `applications(uniqueName='${names(environment)[which].uniqueName}')`
}

/** Application and principal by name alone: what follows has their ids, which Graph tells only those who ask. */
function seed(ask: Ask, which: Which, wanted: Wanted): GraphRequest[] {
  const { displayName } = names(wanted.environment)[which]
  const application = byName(which, wanted)
  const principal = `servicePrincipals(appId='${which === 'gateway' ? place.clientId : place.consoleClientId}')`
  return [
    ask(`${which}-seed`, `PATCH ${application}`, { displayName, signInAudience: 'AzureADMyOrg' }),
    ask(which, `GET ${application}?$select=id,appId`),
    ask(`${which}-principal-seed`, `PATCH ${principal}`, { displayName }),
    ask(`${which}-principal`, `GET ${principal}?$select=id`),
  ]
}

function federate(ask: Ask, wanted: Wanted): GraphRequest[] {
  const subject = wanted.gatewayPrincipalId
  if (subject === undefined) return []
  const path = `${byName('gateway', wanted)}/federatedIdentityCredentials(name='gateway')`
  return [ask('federation', `PATCH ${path}`, describeFederation(wanted, subject))]
}

function assignRoles(ask: Ask, { environment, auditorsGroupId, operatorsGroupId }: Wanted): GraphRequest[] {
  const { uniqueName } = names(environment).gateway
  const given = [
    ['Countersign.Auditor', auditorsGroupId],
    ['Countersign.Operator', operatorsGroupId],
  ] as const
  return given.flatMap(([role, principalId]) => {
    if (principalId === undefined) return []
    const body = { principalId, resourceId: place.principalId, appRoleId: roleId(uniqueName, role) }
    // Graph refuses a second one of the same with 400, which changes nothing.
    return [ask(`role ${role}`, `POST servicePrincipals(appId='${place.clientId}')/appRoleAssignedTo`, body)]
  })
}

function consentOf({ tenantId, cloud }: Wanted, own: ReturnType<typeof chooseApis>['own']): string[] {
  const page = `${cloudFacts(cloud).authority}/${tenantId}/adminconsent?client_id=`
  return [
    `${page}${place.clientId}`,
    ...own.map(({ backend, name, scopes }) => {
      const what = scopes.length === 0 ? 'the scope that its setting names' : scopes.join(', ')
      return `For ${backend}, by hand: ${what} of the company’s own registration (${name})`
    }),
  ]
}

function leftOut({ publicUrl, gatewayPrincipalId }: Wanted): string[] {
  return [
    ...(publicUrl === undefined
      ? ['COUNTERSIGN_PUBLIC_URL: https identifier of the gateway, redirect of the console']
      : []),
    ...(gatewayPrincipalId === undefined ? ['COUNTERSIGN_GATEWAY_IDENTITY_ID: trust in the managed identity'] : []),
  ]
}
