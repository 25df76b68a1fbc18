import { Agent, fetch as undiciFetch } from 'undici'
import { startEntra } from '../../infra/local/entra/stand-in.ts'
import { type Api, audiences } from '../../infra/local/fabric/access-token.ts'
import { startFabric } from '../../infra/local/fabric/server.ts'
import { type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import type { SpecFile } from '../../infra/local/specs/document.ts'
import { makeCertificates } from '../../infra/local/tls/certificates.ts'
import type { Backend } from '../../shared/backend/define.ts'
import type { Json, UpstreamAnswer } from '../../shared/pipeline/ports.ts'
import { makeToken, principal } from '../unit/upstream/calls.ts'
import { loadFunctions } from './line-declarations.ts'
import { type CallWish, createRestWorld } from './rest-world.ts'
import { watchTraffic } from './specs/watch.ts'

/** How a call is made otherwise than usual: with another's token, or one for another API; or as other calls are. */
export type FabricWish = CallWish & { readonly tokenOf?: PersonaName; readonly audience?: Api }

type Inputs = Readonly<Record<string, Json>>

const apis: Readonly<Record<string, Api>> = {
  powerbi: 'powerbi',
  'fabric-onelake': 'onelake',
  'synapse-spark': 'synapse',
}

/** The stand-in of Fabric, and calls of declared operations to it through the real executor, as anybody. */
export async function openFabric(documents: readonly SpecFile[] = []) {
  const [certificate, entra, backends] = await Promise.all([
    makeCertificates(['127.0.0.1']),
    startEntra(),
    loadFunctions(),
  ])
  const server = await startFabric({ entra: entra.url, tenant: tenants.home, certificate })
  const agent = new Agent({ connect: { ca: certificate.ca } })
  const plain = ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher: agent })) as unknown as typeof fetch
  // Livy and the files of OneLake are in none of these documents.
  const ignore = ({ url }: { readonly url: string }) => !/^\/v1(\.0)?\//.test(url) || url.includes('/livyApi/')
  const watch = watchTraffic({ documents, ignore, fetch: plain })
  const named = (name: string): Backend => {
    const found = backends.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no backend ${name}`)
    return found
  }
  const callerOf = (name: string) =>
    createRestWorld(named(name), {
      baseUrl: ['powerbi', 'fabric-onelake', 'synapse-spark'].includes(name) ? server.url : `${server.url}/v1`,
      endpoints: { fabric: `${server.url}/v1` },
      options: { fetch: documents.length === 0 ? plain : watch.fetch },
    })
  const token = (persona: PersonaName, api: Api) =>
    entra.mint(persona, { version: 1, aud: audiences[api], scope: 'user_impersonation' }).token
  const as =
    (persona: PersonaName) =>
    (operation: `${string}.${string}`, inputs: Inputs = {}, wish: FabricWish = {}): Promise<UpstreamAnswer> => {
      const [backend = '', name = ''] = operation.split('.')
      const at = named(backend).operations[name]?.at
      const api = wish.audience ?? (at === 'fabric' ? 'fabric' : (apis[backend] ?? 'fabric'))
      const owner = personas[wish.tokenOf ?? persona]
      const given = makeToken(token(wish.tokenOf ?? persona, api), { tid: owner.tid, oid: owner.oid })
      const who = { ...principal, tid: tenants.home, oid: personas[persona].oid }
      const { tokenOf: _tokenOf, audience: _audience, ...rest } = wish
      return callerOf(backend)(name, inputs, { principal: who, token: given, ...rest })
    }
  const stop = async () => {
    await Promise.all([server.stop(), entra.stop(), agent.close()])
  }
  return { server, named, as, token, fetch: plain, watch, stop }
}
