import * as z from 'zod'
import { secretsDue } from '../../../shared/audit/key-months.ts'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { judgeVault, vaultSchema } from '../vault-checks.ts'
import { nameInUrl, ofType, type Resource } from './deployed.ts'

const key = z.object({
  properties: z.object({
    kty: z.string(),
    curveName: z.string().nullish(),
    attributes: z.object({ enabled: z.boolean().nullish(), exportable: z.boolean().nullish() }).nullish(),
  }),
})
const secret = z.object({ name: z.string() })
const at = (check: string): Place => ({ subject: 'vault', check })

/** Protection of the vault, its signing key, and the secrets of this month and the next: by name, never a value. */
export function checkVault(surroundings: Surroundings, deployed: readonly Resource[]): Promise<readonly Finding[]> {
  return attempt(at('vault'), async () => {
    const id = vaultIdOf(surroundings, deployed)
    if (id === null) {
      const next = 'azd provision makes it; look whether it was deleted: az keyvault list-deleted'
      return [
        wrong(at('vault'), {
          code: 'vault_missing',
          detail: nameInUrl(surroundings, 'COUNTERSIGN_KEY_VAULT_URL'),
          next,
        }),
      ]
    }
    const path = `${id}?api-version=2023-07-01`
    const vault = await surroundings.arm.read({ what: 'the vault', path, schema: vaultSchema })
    const found = await Promise.all([checkSigningKey(surroundings, id), checkSecrets(surroundings, id)])
    return [...judgeVault(vault), ...found.flat()]
  })
}

function vaultIdOf(surroundings: Surroundings, deployed: readonly Resource[]): string | null {
  const brought = settingOf(surroundings, 'COUNTERSIGN_EXISTING_VAULT_ID')
  if (brought !== '') return brought
  const name = nameInUrl(surroundings, 'COUNTERSIGN_KEY_VAULT_URL').toLowerCase()
  const vaults = ofType(deployed, 'Microsoft.KeyVault/vaults')
  return vaults.find((vault) => vault.name.toLowerCase() === name)?.id ?? null
}

function checkSigningKey({ arm }: Surroundings, vault: string): Promise<readonly Finding[]> {
  const place = at('signing-key')
  return attempt(place, async () => {
    const path = `${vault}/keys/evidence-signing?api-version=2023-07-01`
    const found = await arm.find({ what: 'the signing key', path, schema: key })
    const next = 'azd provision makes it: EC on P-256, not exportable.'
    if (found === null) return [wrong(place, { code: 'signing_key_missing', detail: 'evidence-signing', next })]
    const { kty, curveName, attributes } = found.properties
    if (!/^EC(-HSM)?$/.test(kty) || curveName !== 'P-256')
      return [wrong(place, { code: 'signing_key_of_other_kind', detail: `${kty} ${curveName ?? ''}`, next })]
    if (attributes?.enabled === false) {
      const enable = 'az keyvault key set-attributes --enabled true --name evidence-signing --vault-name NAME'
      return [wrong(place, { code: 'signing_key_disabled', detail: 'evidence-signing', next: enable })]
    }
    if (attributes?.exportable === true)
      return [wrong(place, { code: 'signing_key_exportable', detail: 'it can leave the vault', next })]
    return [ok(place, 'ES256, not exportable')]
  })
}

function checkSecrets({ arm }: Surroundings, vault: string): Promise<readonly Finding[]> {
  const place = at('secrets')
  return attempt(place, async () => {
    const path = `${vault}/secrets?api-version=2023-07-01`
    const names = new Set((await arm.list({ what: "the vault's secrets", path, schema: secret })).map(lastPart))
    const due = secretsDue(Date.now()).slice(0, 2)
    const missing = [...due.map(({ name }) => name), 'mask-key'].filter((name) => !names.has(name))
    if (missing.length === 0) return [ok(place, `those of this month and the next, and mask-key`)]
    const next =
      'The evidence app makes those of the months within an hour: its log says why not. mask-key is made by azd provision.'
    return [wrong(place, { code: 'vault_secret_missing', detail: missing.join(', '), next })]
  })
}

/** A list names a secret alone, or behind its vault. */
function lastPart({ name }: z.output<typeof secret>): string {
  return name.split('/').at(-1) ?? name
}
