import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, warn, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { ofType, type Resource } from './deployed.ts'
import { type ContainerPolicy, readPolicies } from './immutability.ts'

const account = z.object({
  name: z.string(),
  properties: z.object({
    allowSharedKeyAccess: z.boolean().nullish(),
    allowBlobPublicAccess: z.boolean().nullish(),
    minimumTlsVersion: z.string().nullish(),
    supportsHttpsTrafficOnly: z.boolean().nullish(),
  }),
})

const at = (check: string): Place => ({ subject: 'storage', check })

/** No account takes a shared key or shows anything to everybody. */
export async function checkAccounts(
  surroundings: Surroundings,
  deployed: readonly Resource[],
): Promise<readonly Finding[]> {
  const evidence = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID')
  const own = ofType(deployed, 'Microsoft.Storage/storageAccounts').map(({ id }) => id)
  const ids = [...new Set([...own, ...(evidence === '' ? [] : [evidence])].map((id) => id.toLowerCase()))]
  const look = (id: string) =>
    attempt(at('account'), async () => {
      const path = `${id}?api-version=2023-05-01`
      return judgeAccount(await surroundings.arm.read({ what: 'a storage account', path, schema: account }))
    })
  return (await Promise.all(ids.map(look))).flat()
}

function judgeAccount({ name, properties }: z.output<typeof account>): readonly Finding[] {
  const { allowSharedKeyAccess, allowBlobPublicAccess, minimumTlsVersion, supportsHttpsTrafficOnly } = properties
  const update = `az storage account update --name ${name}`
  const faults = [
    // Absent means allowed.
    {
      code: 'shared_key_allowed',
      holds: allowSharedKeyAccess === false,
      next: `${update} --allow-shared-key-access false`,
    },
    {
      code: 'public_blobs_allowed',
      holds: allowBlobPublicAccess === false,
      next: `${update} --allow-blob-public-access false`,
    },
    {
      code: 'old_tls_allowed',
      holds: minimumTlsVersion === 'TLS1_2' || minimumTlsVersion === 'TLS1_3',
      next: `${update} --min-tls-version TLS1_2`,
    },
    { code: 'http_allowed', holds: supportsHttpsTrafficOnly !== false, next: `${update} --https-only true` },
  ].filter(({ holds }) => !holds)
  if (faults.length === 0) return [ok(at('account'), `${name}: Entra alone, TLS 1.2, nothing public`)]
  return faults.map(({ code, next }) => wrong(at('account'), { code, detail: name, next }))
}

/** Whether both containers of the evidence are under a locked policy for as long as the book is kept. */
export function checkImmutability(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(at('immutability'), async () => {
    const accountId = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID')
    if (accountId === '') {
      const next = 'azd provision writes it into the environment.'
      return [wrong(at('immutability'), { code: 'value_missing', detail: 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID', next })]
    }
    const least = Number(settingOf(surroundings, 'COUNTERSIGN_RETENTION_DAYS') || 183)
    const isTrial = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_LOCK') === 'unlocked'
    return (await readPolicies(surroundings, accountId)).map((policy) => {
      const finding = judgePolicy(policy, least)
      return isTrial && finding.code === 'immutability_not_locked' ? warn(finding, finding) : finding
    })
  })
}

function judgePolicy({ container, state, days, allowsAppends }: ContainerPolicy, least: number): Finding {
  const place = at('immutability')
  const next = 'azd provision sets and locks it; a lock cannot be undone. Until then evidence can be rewritten.'
  if (state === 'absent') return wrong(place, { code: 'immutability_absent', detail: container, next })
  if (state === 'unlocked') return wrong(place, { code: 'immutability_not_locked', detail: container, next })
  if (days < least)
    return wrong(place, { code: 'immutability_too_short', detail: `${container}: ${days} of ${least} days`, next })
  if (!allowsAppends && container === 'evidence')
    return wrong(place, { code: 'immutability_without_appends', detail: `${container}: the log cannot grow`, next })
  return ok(place, `${container}: locked for ${days} days`)
}
