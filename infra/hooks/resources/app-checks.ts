import * as z from 'zod'
import { isLoopback } from '../../../shared/config/clouds.ts'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { ofType, type Resource } from './deployed.ts'

const site = z.object({
  properties: z.object({
    defaultHostName: z.string().nullish(),
    publicNetworkAccess: z.string().nullish(),
    httpsOnly: z.boolean().nullish(),
  }),
})
const web = z.object({ properties: z.object({ ipSecurityRestrictionsDefaultAction: z.string().nullish() }) })

const at = (check: string): Place => ({ subject: 'evidence-app', check })

/** Whether the app that signs and verifies is closed to everybody, by its settings and when one tries. */
export function checkEvidenceApp(
  surroundings: Surroundings,
  deployed: readonly Resource[],
): Promise<readonly Finding[]> {
  return attempt(at('reach'), async () => {
    const name = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_NAME').toLowerCase()
    const found = ofType(deployed, 'Microsoft.Web/sites').find((one) => one.name.toLowerCase() === name)
    if (found === undefined) {
      const next = 'azd provision makes it: without it nothing is sealed and no night verified.'
      return [wrong(at('reach'), { code: 'evidence_app_missing', detail: name || 'COUNTERSIGN_EVIDENCE_NAME', next })]
    }
    const path = `${found.id}?api-version=2023-12-01`
    const { properties } = await surroundings.arm.read({ what: 'the evidence app', path, schema: site })
    const isClosed = properties.publicNetworkAccess === 'Disabled' || (await isDenied(surroundings, found.id))
    const answered = await knock(properties.defaultHostName ?? '', surroundings.patience.requestMs)
    return [judge(isClosed, answered, found.name)]
  })
}

async function isDenied({ arm }: Surroundings, id: string): Promise<boolean> {
  const path = `${id}/config/web?api-version=2023-12-01`
  const { properties } = await arm.read({ what: "the evidence app's access", path, schema: web })
  return properties.ipSecurityRestrictionsDefaultAction === 'Deny'
}

/** The status that whoever asks from here is given; null where nothing answers. */
async function knock(host: string, requestMs: number): Promise<number | null> {
  if (host === '') return null
  const scheme = URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`)) ? 'http' : 'https'
  try {
    const signal = AbortSignal.timeout(requestMs)
    return (await fetch(`${scheme}://${host}/`, { redirect: 'manual', signal })).status
  } catch {
    return null
  }
}

/** 403 is how the platform answers for an app that is closed. */
function judge(isClosed: boolean, answered: number | null, name: string): Finding {
  const next = `azd provision closes it; or az functionapp update --name ${name} --resource-group GROUP --set publicNetworkAccess=Disabled`
  if (!isClosed)
    return wrong(at('reach'), { code: 'evidence_app_public', detail: `${name} is open to every network`, next })
  if (answered !== null && answered !== 403)
    return wrong(at('reach'), { code: 'evidence_app_answers', detail: `${name} answered ${answered}`, next })
  return ok(at('reach'), `${name} is closed`)
}
