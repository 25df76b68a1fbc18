import type { Foundation } from './app-ports.ts'
import type { ApproverRules } from './approval/vote.ts'
import type { Settings } from './config/settings.ts'
import { Problem } from './errors/problem.ts'
import type { Ports } from './pipeline/line.ts'
import { loadCedar } from './policy/cedar.ts'
import type { Policy } from './policy/policy.ts'
import { createReleaseBlob } from './policy/release-blob.ts'
import { createReleaseDesk, type ReleaseDesk } from './policy/release-desk.ts'
import { createTableState } from './state/table-state.ts'

/** Milliseconds between two looks at the place of releases, and before another one while there is no policy at all. */
const pause = { looks: 30_000, without: 5_000 }

/** Where the decisions of a gateway come from. */
export interface PolicySource {
  /** The set in force. Throws Problem `policy_unavailable` while there is none. */
  readonly policy: () => Policy
  /** Who may approve; the groups are those of the set in force. */
  readonly approvers: ApproverRules
  /** Resolves once there is a set to decide by. Rejects with Problem `policy_unavailable`. */
  readonly open: (audit: Ports['audit']) => Promise<void>
}

/** Loads the set that is shipped with the build. */
export type LoadShipped = (settings: Settings) => Promise<{ policy: Policy; approvers: ApproverRules }>

/** The policy as the settings say: of the package, or of signed releases. `closing` ends the looking. */
export async function openPolicySource(
  base: Foundation,
  { load, closing }: { readonly load: LoadShipped; readonly closing: (() => Promise<void>)[] },
): Promise<PolicySource> {
  const { settings, clock } = base
  if (settings.COUNTERSIGN_POLICY !== 'package') return followReleases(base, closing)
  const { policy, approvers } = await load(settings)
  const loaded = new Date(clock()).toISOString()
  const shipped: Policy = { ...policy, origin: { source: 'package', loaded } }
  return { policy: () => shipped, approvers, open: async () => undefined }
}

function followReleases(base: Foundation, closing: (() => Promise<void>)[]): PolicySource {
  const { settings, clock } = base
  const desk = createDesk(base)
  let timer: NodeJS.Timeout | undefined
  let last = Number.NEGATIVE_INFINITY
  closing.push(async () => clearInterval(timer))
  const look = (audit: Ports['audit']) => desk.look((detail) => audit.recordEvent({ kind: 'policy', detail }))
  return {
    policy: () => desk.current().policy,
    approvers: {
      homeTenant: settings.COUNTERSIGN_HOME_TENANT,
      consoleClientId: settings.COUNTERSIGN_CONSOLE_CLIENT_ID,
      get groups() {
        return desk.current().directory.groups
      },
    },
    open: async (audit) => {
      if (clock() - last >= pause.without) {
        last = clock()
        await look(audit)
      }
      desk.current()
      timer ??= setInterval(() => void look(audit), pause.looks).unref()
    },
  }
}

function createDesk({ settings, credential, clock, limits, log }: Foundation): ReleaseDesk {
  if (Object.keys(settings.COUNTERSIGN_POLICY_SIGNERS).length < 2) {
    throw new Problem('policy_unavailable', 'There is no policy to decide by.', { reason: 'fewer than two signers' })
  }
  return createReleaseDesk({
    read: createReleaseBlob({ url: settings.COUNTERSIGN_POLICY, credential, timeout: limits.evidence }),
    language: loadCedar,
    signers: settings.COUNTERSIGN_POLICY_SIGNERS,
    directory: { homeTenant: settings.COUNTERSIGN_HOME_TENANT, groups: settings.COUNTERSIGN_POLICY_GROUPS },
    state: createTableState({
      account: { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential },
      table: 'policyreleases',
      timeout: limits.approval,
    }),
    log,
    now: clock,
  })
}
