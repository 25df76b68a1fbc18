import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { claimText, readClaims } from '../azure/sign-in.ts'
import { type Finding, ok, wrong } from '../finding.ts'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const subscription = z.object({ displayName: z.string().default(''), state: z.string(), tenantId: z.string() })

/** Who is signed in, to which tenant; whether the subscription is there, is of that tenant, and takes resources. */
export function checkAccount(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt({ subject: 'account', check: 'sign-in' }, async () => {
    const claims = readClaims(await surroundings.signIn.token(surroundings.endpoints.armScope))
    const tenant = claimText(claims, 'tid')
    return [checkTenant(surroundings, tenant), ...(await checkSubscription(surroundings, tenant))]
  })
}

function checkTenant(surroundings: Surroundings, tenant: string): Finding {
  const place = { subject: 'account', check: 'tenant' }
  const wanted = settingOf(surroundings, 'AZURE_TENANT_ID')
  if (wanted === '' || wanted.toLowerCase() === tenant.toLowerCase()) return ok(place, tenant)
  const detail = `signed in to ${tenant}, AZURE_TENANT_ID is ${wanted}`
  return wrong(place, { code: 'tenant_differs', detail, next: `azd auth login --tenant-id ${wanted}` })
}

function checkSubscription(surroundings: Surroundings, tenant: string): Promise<readonly Finding[]> {
  const place = { subject: 'account', check: 'subscription' }
  return attempt(place, async () => {
    const id = settingOf(surroundings, 'AZURE_SUBSCRIPTION_ID')
    if (id === '') return []
    const path = `${subscriptionOf(surroundings)}?api-version=2022-12-01`
    const found = await surroundings.arm.find({ what: 'the subscription', path, schema: subscription })
    if (found === null) {
      const next = 'azd env set AZURE_SUBSCRIPTION_ID ID: az account list --output table names those that you have.'
      return [wrong(place, { code: 'subscription_unknown', detail: id, next })]
    }
    return [judgeSubscription(place, found, tenant)]
  })
}

function judgeSubscription(
  place: { readonly subject: string; readonly check: string },
  { state, tenantId, displayName }: z.output<typeof subscription>,
  tenant: string,
): Finding {
  if (tenantId.toLowerCase() !== tenant.toLowerCase()) {
    const next = `azd auth login --tenant-id ${tenantId}; azd env set AZURE_TENANT_ID ${tenantId}`
    return wrong(place, { code: 'subscription_of_another_tenant', detail: tenantId, next })
  }
  if (state === 'Enabled') return ok(place, displayName)
  const next = 'Portal: Subscriptions > the subscription > Overview says why, and how to enable it again.'
  return wrong(place, { code: 'subscription_not_enabled', detail: state, next })
}
