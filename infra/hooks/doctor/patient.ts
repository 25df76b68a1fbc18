import type { Backend } from '../../../shared/backend/define.ts'
import type { Deployment } from '../../local/doctor/deployment.ts'
import type { Directory } from '../../local/doctor/directory.ts'
import type { Claims } from '../azure/sign-in.ts'
import type { Gateway } from './gateway.ts'

/** A deployment under examination: the embedded stack, or one in Azure. */
export interface Patient {
  readonly deployment: Deployment
  /** Tenant whose sign-in is looked at first. */
  readonly tenant: string
  readonly gateway: Gateway
  /** Whose token the gateway is called with; null where no person is signed in, and then why. */
  readonly person: { readonly oid: string; readonly claims: Claims } | null
  /** Who asks for verification, where that is somebody else. */
  readonly auditor?: Gateway
  readonly directory: Directory
  readonly declared: readonly Backend[]
  /** Where Entra's metadata is read. */
  readonly login: string
  /** Milliseconds for what has to spread first. */
  readonly settleMs: number
}
