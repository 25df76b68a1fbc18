/** Faults that a test plants in the stand-ins of Azure, for the next so many fitting requests or until cleared. */
import type { Reply, Request } from '../entra/wire.ts'

export const azureFaultKinds = [
  'unauthorized',
  'forbidden',
  'missing',
  'throttle',
  'error',
  'slow',
  'drop',
  'html',
  'shape',
  'elsewhere',
] as const

export interface AzureFault {
  readonly kind: (typeof azureFaultKinds)[number]
  /** A part of the path; absent: any. */
  readonly path?: string
  /** Requests that meet it; absent: all until cleared. */
  readonly count?: number
}

const refuse = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers,
  body: { error: { code, message: 'Refused by a planted fault.' } },
})

const replies: Readonly<Record<AzureFault['kind'], Reply>> = {
  unauthorized: refuse(401, 'ExpiredAuthenticationToken'),
  forbidden: refuse(403, 'AuthorizationFailed'),
  missing: refuse(404, 'ResourceNotFound'),
  throttle: refuse(429, 'SubscriptionRequestsThrottled', { 'retry-after': '1' }),
  error: refuse(503, 'ServiceUnavailable'),
  slow: { status: 0, fate: 'hang' },
  drop: { status: 0, fate: 'drop' },
  html: { status: 200, body: '<html><body>Sign in to the network</body></html>' },
  shape: { status: 200, body: { value: [{ unexpected: true }], properties: null } },
  elsewhere: { status: 200, body: { value: [], nextLink: 'https://elsewhere.example/next' } },
}

export interface AzureFaults {
  plant(fault: AzureFault): void
  clear(): void
  /** The reply of the first fault that fits; undefined where none does. */
  meet(request: Pick<Request, 'url'>): Reply | undefined
}

export function makeAzureFaults(): AzureFaults {
  const planted: { fault: AzureFault; left: number }[] = []
  return {
    plant: (fault) => void planted.push({ fault, left: fault.count ?? Number.POSITIVE_INFINITY }),
    clear: () => void planted.splice(0),
    meet({ url }) {
      const path = url.pathname.toLowerCase()
      const met = planted.find(({ fault }) => path.includes((fault.path ?? '').toLowerCase()))
      if (met === undefined) return undefined
      met.left -= 1
      if (met.left <= 0) planted.splice(planted.indexOf(met), 1)
      return replies[met.fault.kind]
    },
  }
}
