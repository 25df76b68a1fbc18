/**
 * Azure as the hooks of a deployment see it: Resource Manager, Graph and the tokens of the command line, on one address of
 * loopback and over plain HTTP. Every token is checked for its audience; faults can be planted in any path.
 */
import { createServer } from 'node:http'
import { makeBearerCheck } from '../entra/bearer-check.ts'
import { close, type Endpoint, listen, type Reply, type Request, serveEndpoints } from '../entra/wire.ts'
import { managementAudience } from '../evidence/resource-manager.ts'
import { tenants } from '../personas.ts'
import { commandEndpoints, writeCommands } from './commands.ts'
import { type AzureFaults, makeAzureFaults } from './faults.ts'
import { azureGraphEndpoints } from './graph.ts'
import { resourceManagerEndpoints } from './resource-manager.ts'
import type { AzureTenant } from './tenant.ts'

export interface Azure {
  readonly url: string
  readonly faults: AzureFaults
  /** Makes a folder with an `azd` that asks here. */
  readonly commands: (folder: string) => string
  readonly stop: () => Promise<void>
}

const audiences = { arm: managementAudience, graph: 'https://graph.microsoft.com' } as const

/** Starts on a free port; `entra` is the address of a sign-in stand-in. The tenant is looked at with each request. */
export async function startAzure({ entra, tenant }: { entra: string; tenant: AzureTenant }): Promise<Azure> {
  const faults = makeAzureFaults()
  const guarded = (endpoints: Endpoint[], audience: string) => endpoints.map(guardBy({ entra, faults, audience }))
  let origin = ''
  const endpoints = [
    ...guarded(
      resourceManagerEndpoints(tenant, () => origin),
      audiences.arm,
    ),
    ...guarded(azureGraphEndpoints(tenant, entra), audiences.graph),
    ...commandEndpoints(tenant, entra),
  ]
  const server = createServer(serveEndpoints(endpoints))
  origin = `http://127.0.0.1:${await listen(server)}`
  return {
    url: origin,
    faults,
    commands: (folder) => writeCommands(folder, origin),
    stop: () => close(server),
  }
}

interface Guard {
  readonly entra: string
  readonly faults: AzureFaults
  readonly audience: string
}

function guardBy({ entra, faults, audience }: Guard): (endpoint: Endpoint) => Endpoint {
  const accepted = {
    audience: [audience, `${audience}/`],
    issuer: `https://sts.windows.net/${tenants.home}/`,
    requiredClaims: [],
  }
  const check = makeBearerCheck({ entra, tenant: tenants.home }, accepted)
  const refused: Reply = { status: 401, body: { error: { code: 'InvalidAuthenticationToken', message: 'Refused.' } } }
  return ({ handle, ...endpoint }) => ({
    ...endpoint,
    handle: async (request: Request) => {
      if ((await check(String(request.headers.authorization ?? ''))) === null) return refused
      return faults.meet(request) ?? handle(request)
    },
  })
}
