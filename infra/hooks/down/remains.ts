import { attempt } from '../azure/fault.ts'
import { type Finding, note, ok, type Place, warn } from '../finding.ts'
import { findDeletedVaults } from '../resources/deleted-vaults.ts'
import { nameInUrl } from '../resources/deployed.ts'
import { readPolicies } from '../resources/immutability.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'

const at = (subject: string): Place => ({ subject, check: 'remains' })
const dayMs = 86_400_000

/** What stays after everything is taken down, why, and until when. */
export async function sayRemains(surroundings: Surroundings): Promise<readonly Finding[]> {
  const all = await Promise.all([sayEvidence(surroundings), sayVault(surroundings)])
  return all.flat()
}

function sayEvidence(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(
    at('evidence'),
    async () => {
      const account = settingOf(surroundings, 'COUNTERSIGN_EVIDENCE_ACCOUNT_ID')
      const next =
        'Nobody can remove it earlier, Microsoft included; it is paid for until then. Keep the right to read it.'
      if (account === '') {
        const detail = 'the evidence account, if one was made, for as long as its lock says'
        return [note(at('evidence'), { code: 'evidence_stays', detail, next })]
      }
      const policies = await readPolicies(surroundings, account)
      return policies.map(({ container, state, days }) => {
        if (state !== 'locked') return ok(at('evidence'), `${container}: no lock, goes with its account`)
        const until = new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)
        return note(at('evidence'), {
          code: 'evidence_stays',
          detail: `${container}: locked until ${until} at the latest`,
          next,
        })
      })
    },
    warn,
  )
}

function sayVault(surroundings: Surroundings): Promise<readonly Finding[]> {
  return attempt(
    at('vault'),
    async () => {
      const name = nameInUrl(surroundings, 'COUNTERSIGN_KEY_VAULT_URL').toLowerCase()
      const deleted = await findDeletedVaults(surroundings, name === '' ? [] : [name])
      if (settingOf(surroundings, 'COUNTERSIGN_EXISTING_VAULT_ID') !== '')
        return [ok(at('vault'), 'the one that was brought stays')]
      const next =
        'Without its keys the book cannot be verified: az keyvault recover brings it back until then. Its name stays taken: a new deployment wants another environment name.'
      if (deleted.length === 0) {
        const detail = `${name || 'the vault'}: will lie deleted under purge protection, 90 days unless set otherwise`
        return [note(at('vault'), { code: 'vault_will_stay', detail, next })]
      }
      return deleted.map((vault) =>
        note(at('vault'), {
          code: 'vault_stays',
          detail: `${vault.name}: lies deleted until ${vault.until ?? 'its purge date'}`,
          next,
        }),
      )
    },
    warn,
  )
}
