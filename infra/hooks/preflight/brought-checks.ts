import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, note, ok, warn, wrong } from '../finding.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'
import { judgeVault, vaultSchema } from '../vault-checks.ts'

const anything = z.object({ id: z.string() })
const brought = [
  { setting: 'COUNTERSIGN_VNET_ID', version: '2023-11-01' },
  { setting: 'COUNTERSIGN_WORKSPACE_ID', version: '2022-10-01' },
] as const

/** Whether what was brought exists, and a vault that was brought protects as ours would. */
export async function checkBrought(surroundings: Surroundings): Promise<readonly Finding[]> {
  const all = await Promise.all([
    checkVault(surroundings),
    ...brought.map(({ setting, version }) => checkOne(surroundings, setting, version)),
  ])
  return all.flat()
}

function checkOne(surroundings: Surroundings, setting: string, version: string): Promise<readonly Finding[]> {
  const place = { subject: 'brought', check: setting }
  const id = settingOf(surroundings, setting)
  if (id === '') return Promise.resolve([])
  return attempt(place, async () => {
    const path = `${id}?api-version=${version}`
    const found = await surroundings.arm.find({ what: setting, path, schema: anything })
    return [found === null ? missing(setting) : ok(place, 'is there')]
  })
}

function checkVault(surroundings: Surroundings): Promise<readonly Finding[]> {
  const setting = 'COUNTERSIGN_EXISTING_VAULT_ID'
  const id = settingOf(surroundings, setting)
  if (id === '') return Promise.resolve([])
  return attempt({ subject: 'brought', check: setting }, async () => {
    const path = `${id}?api-version=2023-07-01`
    const found = await surroundings.arm.find({ what: setting, path, schema: vaultSchema })
    return found === null ? [missing(setting)] : judgeVault(found)
  })
}

function missing(setting: string): Finding {
  const next = `azd env set ${setting} ID: its resource id, as az resource show --ids ID knows it.`
  return wrong({ subject: 'brought', check: setting }, { code: 'brought_missing', detail: setting, next })
}

/** What cannot be taken back has to be known before. */
export function sayIrreversible(surroundings: Surroundings): Finding {
  const place = { subject: 'evidence', check: 'immutability' }
  const days = settingOf(surroundings, 'COUNTERSIGN_RETENTION_DAYS') || 'COUNTERSIGN_RETENTION_DAYS'
  if (settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_LOCK') === 'unlocked') {
    const next =
      'azd env set COUNTERSIGN_EVIDENCE_LOCK locked before anything counts: the sealer does not seal without.'
    return warn(place, { code: 'lock_is_off', detail: 'evidence will not be locked: a trial', next })
  }
  return note(place, {
    code: 'lock_is_for_good',
    detail: `evidence will be locked for ${days} days: nobody can shorten that or remove what is kept, Microsoft included`,
    next: 'Try in an environment of its own first: its evidence account stays, and is paid for, until then.',
  })
}
