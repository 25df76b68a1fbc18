import * as z from 'zod'
import { type Finding, ok, type Place, wrong } from './finding.ts'

/** A vault as Azure Resource Manager shows it; what is absent is off. */
export const vaultSchema = z.object({
  id: z.string(),
  name: z.string(),
  properties: z.object({
    enablePurgeProtection: z.boolean().nullish(),
    enableRbacAuthorization: z.boolean().nullish(),
  }),
})

const at = (check: string): Place => ({ subject: 'vault', check })

/** Whether nobody can destroy the keys before their time, and roles alone decide who may use them. */
export function judgeVault({ name, properties }: z.output<typeof vaultSchema>): readonly Finding[] {
  const purge = properties.enablePurgeProtection === true
  const roles = properties.enableRbacAuthorization === true
  return [
    purge
      ? ok(at('purge-protection'), name)
      : wrong(at('purge-protection'), {
          code: 'purge_protection_off',
          detail: `${name}: whoever may delete it can destroy the keys of the book`,
          next: `az keyvault update --name ${name} --enable-purge-protection true`,
        }),
    roles
      ? ok(at('roles'), name)
      : wrong(at('roles'), {
          code: 'vault_access_policies',
          detail: `${name} goes by access policies, which are not in the roles of the deployment`,
          next: `az keyvault update --name ${name} --enable-rbac-authorization true`,
        }),
  ]
}
