import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, wrong } from '../finding.ts'
import { findDeletedVaults } from '../resources/deleted-vaults.ts'
import { nameInUrl } from '../resources/deployed.ts'
import { type Surroundings, settingOf, subscriptionOf } from '../surroundings.ts'

const availability = z.object({ nameAvailable: z.boolean(), reason: z.string().nullish() })
const resource = z.object({ name: z.string(), type: z.string() })

/** A name that must be one in the whole world. */
interface Wanted {
  readonly kind: 'vault' | 'storage' | 'site'
  readonly name: string
}

const forms: Readonly<Record<Wanted['kind'], { readonly form: RegExp; readonly type: string; readonly path: string }>> =
  {
    vault: {
      form: /^[a-z](?:-?[a-z0-9]){2,23}$/i,
      type: 'Microsoft.KeyVault/vaults',
      path: 'Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01',
    },
    storage: {
      form: /^[a-z0-9]{3,24}$/,
      type: 'Microsoft.Storage/storageAccounts',
      path: 'Microsoft.Storage/checkNameAvailability?api-version=2023-05-01',
    },
    site: {
      form: /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])$/i,
      type: 'Microsoft.Web/sites',
      path: 'Microsoft.Web/checknameavailability?api-version=2023-12-01',
    },
  }
const environmentForm = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/i
const at = (check: string): Place => ({ subject: 'names', check })

/** Whether the environment's name will do, no vault of it lies deleted, and what is named already is free or ours. */
export async function checkNames(surroundings: Surroundings): Promise<readonly Finding[]> {
  const found = await Promise.all([
    checkDeletedVaults(surroundings),
    attempt(at('free'), async () => checkFree(surroundings, namesIn(surroundings))),
  ])
  return [checkEnvironmentName(surroundings), ...found.flat()]
}

function checkEnvironmentName(surroundings: Surroundings): Finding {
  const name = settingOf(surroundings, 'AZURE_ENV_NAME')
  if (environmentForm.test(name)) return ok(at('environment'), name)
  const next = 'azd env new NAME: letters, digits and hyphens, no hyphen at either end, at most 64.'
  return wrong(at('environment'), { code: 'environment_name_invalid', detail: name, next })
}

/** A vault under purge protection keeps its name for as long as it lies deleted, and nobody can hasten it. */
function checkDeletedVaults(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(at('deleted-vault'), async () => {
    const named = namesIn(surroundings).filter(({ kind }) => kind === 'vault')
    const vaults = await findDeletedVaults(
      surroundings,
      named.map(({ name }) => name.toLowerCase()),
    )
    const found = vaults.map(({ name, until }) => {
      const next = `az keyvault recover --name ${name}; or another environment: azd env new NAME`
      const detail = `${name} lies deleted until ${until ?? 'its purge date'}`
      return wrong(at('deleted-vault'), { code: 'vault_name_taken', detail, next })
    })
    return found.length > 0 ? found : [ok(at('deleted-vault'), 'none of this environment')]
  })
}

/** What an earlier run left in the environment; a first run has no names yet, for the template makes them. */
function namesIn(surroundings: Surroundings): readonly Wanted[] {
  const named: readonly Wanted[] = [
    { kind: 'vault', name: nameInUrl(surroundings, 'COUNTERSIGN_KEY_VAULT_URL') },
    { kind: 'storage', name: nameInUrl(surroundings, 'COUNTERSIGN_AUDIT_TABLES_URL') },
    { kind: 'storage', name: nameInUrl(surroundings, 'COUNTERSIGN_EVIDENCE_BLOBS_URL') },
    { kind: 'site', name: settingOf(surroundings, 'COUNTERSIGN_GATEWAY_NAME') },
    { kind: 'site', name: settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_NAME') },
  ]
  return named.filter(({ name }) => name !== '')
}

async function checkFree(surroundings: Surroundings, wanted: readonly Wanted[]): Promise<readonly Finding[]> {
  const invalid = wanted.filter(({ kind, name }) => !forms[kind].form.test(name))
  const valid = wanted.filter((one) => !invalid.includes(one))
  const own = valid.length === 0 ? [] : await ownResources(surroundings)
  const others = valid.filter(({ kind, name }) => !own.includes(keyOf(forms[kind].type, name)))
  const taken: Finding[] = []
  for (const one of others) taken.push(...(await askAvailability(surroundings, one)))
  const next = 'Correct it in the environment: azd env get-values shows it.'
  const wrongForm = invalid.map(({ kind, name }) => wrong(at(kind), { code: 'name_invalid', detail: name, next }))
  const all = [...wrongForm, ...taken]
  return all.length > 0 ? all : [ok(at('free'), wanted.length === 0 ? 'the template will make them' : 'free, or ours')]
}

const keyOf = (type: string, name: string) => `${type}/${name}`.toLowerCase()

async function ownResources(surroundings: Surroundings): Promise<readonly string[]> {
  const filter = encodeURIComponent(
    `tagName eq 'azd-env-name' and tagValue eq '${settingOf(surroundings, 'AZURE_ENV_NAME')}'`,
  )
  const path = `${subscriptionOf(surroundings)}/resources?$filter=${filter}&api-version=2021-04-01`
  const all = await surroundings.arm.list({ what: 'the resources of this environment', path, schema: resource })
  return all.map(({ name, type }) => keyOf(type, name))
}

async function askAvailability(surroundings: Surroundings, { kind, name }: Wanted): Promise<readonly Finding[]> {
  const { path, type } = forms[kind]
  const answer = await surroundings.arm.read({
    what: `whether the name ${name} is free`,
    path: `${subscriptionOf(surroundings)}/providers/${path}`,
    method: 'POST',
    body: { name, type: kind === 'site' ? 'Site' : type },
    schema: availability,
  })
  if (answer.nameAvailable) return []
  const next = 'Somebody else has it: azd env new NAME, and set its values again.'
  return [wrong(at(kind), { code: 'name_taken', detail: `${name} (${answer.reason ?? 'taken'})`, next })]
}
