import { runSecret } from '../../../shared/audit/run-key.ts'
import { personas } from '../personas.ts'
import { signingKeyName } from './vault-secrets.ts'

/** Object ids of the deployment's identities. */
interface Identities {
  readonly gateway: { readonly principalId: string }
  readonly sealer: { readonly principalId: string }
  readonly verifier: { readonly principalId: string }
}

interface Asked {
  readonly method: string
  readonly url: URL
}

type Action = 'read' | 'list' | 'set' | 'sign'
type May = (asked: { readonly kind: string; readonly name: string; readonly action: Action | null }) => boolean

/** The next month's key is there this long before it is needed; clocks differ. */
const aheadMs = 3_600_000
/** Approvals that were sealed under the month before are settled long before this. */
const behindMs = 2 * 86_400_000

/**
 * Roles in the vault: the gateway reads the audit key of the month (around its turn also the neighbour's), the mask's key
 * and where notices go, so that who holds it can make rows of one month and sign nothing; the sealer signs with one key;
 * the verifier and who checks the book by hand read all secrets, and the public half of the key. The months' secrets are made by the
 * verifier, which knows them anyway, and in an emergency by a keymaker, who reads none. What the verifier remembers is
 * under a key that only itself and who checks by hand may read, and only itself may make.
 */
export function vaultRoles(ids: Identities, clock: () => number = Date.now) {
  const isSigningKey = ({ kind, name }: Parameters<May>[0]) => kind === 'keys' && name === signingKeyName
  const isReading: May = ({ action }) => action === 'read' || action === 'list'
  const checks: May = (asked) => isReading(asked) && (asked.kind === 'secrets' || isSigningKey(asked))
  const makes: May = ({ kind, name, action }) =>
    kind === 'secrets' && name.startsWith('audit-hmac-') && (action === 'set' || action === 'list')
  const remembers: May = ({ kind, name, action }) =>
    kind === 'secrets' && name === runSecret && (action === 'set' || action === 'list')
  const roles = new Map<unknown, May>([
    [
      ids.gateway.principalId,
      (asked) => asked.kind === 'secrets' && isReading(asked) && isForGateway(asked.name, clock()),
    ],
    [ids.sealer.principalId, (asked) => asked.action !== null && isSigningKey(asked)],
    [ids.verifier.principalId, (asked) => checks(asked) || makes(asked) || remembers(asked)],
    [personas.verifier.oid, checks],
    [personas.keymaker.oid, makes],
  ])
  return ({ oid }: Readonly<Record<string, unknown>>, asked: Asked): boolean =>
    roles.get(oid)?.(partsOf(asked)) ?? false
}

function partsOf({ method, url }: Asked): Parameters<May>[0] {
  const [, kind = '', name = '', version, action] = url.pathname.split('/')
  return { kind, name, action: actionOf(method, { kind, version, action }) }
}

interface Place {
  readonly kind: string
  readonly version: string | undefined
  readonly action: string | undefined
}

function actionOf(method: string, { kind, version, action }: Place): Action | null {
  if (action !== undefined) return method === 'POST' && action === 'sign' ? 'sign' : null
  if (method === 'GET') return version === 'versions' ? 'list' : 'read'
  return kind === 'secrets' && (method === 'PUT' || method === 'PATCH') ? 'set' : null
}

function isForGateway(name: string, now: number): boolean {
  const months = [now - behindMs, now, now + aheadMs].map((time) => new Date(time).toISOString().slice(0, 7))
  return name === 'mask-key' || name.startsWith('notice-') || months.some((month) => name === `audit-hmac-${month}`)
}
