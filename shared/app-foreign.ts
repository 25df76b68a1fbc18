import type { TokenCredential } from '@azure/identity'
import type { BackendConfiguration } from './backend/configuration.ts'
import { baseUrlOf } from './backend/configured.ts'
import type { Backend, TokenServiceName } from './backend/define.ts'
import type { Settings } from './config/settings.ts'
import { readBackendChallenge } from './identity/backend-challenge.ts'
import { createNoticeSecrets } from './notice/vault-notices.ts'
import type { Executor } from './pipeline/ports.ts'
import { athena } from './upstream/aws-athena.ts'
import type { SignAws } from './upstream/aws-credentials.ts'
import { createAwsFetch } from './upstream/aws-fetch.ts'
import { redshift } from './upstream/aws-redshift.ts'
import { createAwsTokens } from './upstream/aws-token.ts'
import { createGoogleTokens } from './upstream/google-token.ts'
import { createSapTokens } from './upstream/saml-bearer.ts'
import { createSapFetch } from './upstream/saml-fetch.ts'
import { createSalesforceTokens } from './upstream/token-salesforce.ts'
import { keepTokens, type TokenService, withTokenService } from './upstream/token-service.ts'
import type { TokenParts } from './upstream/token-settings.ts'
import { createWarehouseExecutor } from './upstream/warehouse.ts'
import { bigquery } from './upstream/warehouse-bigquery.ts'
import { snowflake } from './upstream/warehouse-snowflake.ts'

/** What executors of systems beyond Azure are made of. */
export interface ForeignParts {
  readonly of: (backend: string) => BackendConfiguration
  /** A REST executor over a `fetch`; services that sign or prepare requests have their own. */
  readonly rest: (fetch: typeof globalThis.fetch) => Executor
  readonly handleKey: () => Promise<Uint8Array>
  /** Longest time of one call, in milliseconds. */
  readonly deadlineMs: number
  readonly credential: TokenCredential
}

/** Executors by the token service that calls go through; `none`: the exchanged token itself is taken. */
type ForeignExecutors = Readonly<Record<TokenServiceName | 'none', Executor>>

/** What of systems beyond Azure is loaded at the first call to one. */
export interface Foreign {
  readonly rest: Readonly<Record<TokenServiceName, Executor>>
  readonly warehouse: ForeignExecutors
}

const clock = Date.now
const drivers = { athena, bigquery, redshift, snowflake }

/** Builds token services and what is called with their tokens; nothing connects before its first call. */
export function buildForeign(settings: Settings, parts: ForeignParts): Foreign {
  const sign: SignAws = async (request, session) =>
    (await import('./upstream/aws-signature.ts')).signAws(request, session, clock())
  const keep = (service: TokenService) => keepTokens(service, { clock })
  const { google, aws, salesforce, sap } = makeServices(settings, { parts, sign })
  const keepers = { google: keep(google), aws: keep(aws), salesforce: keep(salesforce), sap: keep(sap) }
  const plain = parts.rest(fetch)
  const awsFetch = createAwsFetch(fetch, sign)
  const sapFetch = createSapFetch(fetch, () => parts.of('sap-odata').baseUrl ?? '')
  const own = makeWarehouse(settings, parts, fetch)
  return {
    rest: {
      google: withTokenService(plain, keepers.google),
      salesforce: withTokenService(plain, keepers.salesforce),
      aws: withTokenService(parts.rest(awsFetch), keepers.aws),
      sap: withTokenService(parts.rest(sapFetch), keepers.sap),
    },
    warehouse: {
      none: own,
      google: withTokenService(own, keepers.google),
      salesforce: withTokenService(own, keepers.salesforce),
      aws: withTokenService(makeWarehouse(settings, parts, awsFetch), keepers.aws),
      sap: withTokenService(own, keepers.sap),
    },
  }
}

interface ServiceParts {
  readonly parts: ForeignParts
  readonly sign: SignAws
}

function makeServices(
  settings: Settings,
  { parts, sign }: ServiceParts,
): Readonly<Record<TokenServiceName, TokenService>> {
  const { credential } = parts
  const secret = createNoticeSecrets({ vaultUrl: settings.COUNTERSIGN_KEY_VAULT_URL, credential, clock })
  const common: TokenParts = {
    fetch,
    clock,
    settingsFor: (backend) => tokenSettings(backend, { settings, parts }),
    secret,
  }
  const parseXml = async (text: string) => (await import('./upstream/xml-reader.ts')).parseXml(text)
  const ownToken = async (audience: string) => {
    const token = await credential.getToken(`${audience}/.default`)
    if (!token?.token) throw new Error('the managed identity gave no token')
    return token.token
  }
  return {
    google: createGoogleTokens(common),
    salesforce: createSalesforceTokens(common),
    sap: createSapTokens(common),
    aws: createAwsTokens({ ...common, parseXml, sign, ownToken }),
  }
}

function tokenSettings(backend: Backend, world: { readonly settings: Settings; readonly parts: ForeignParts }) {
  const { settings, parts } = world
  const configuration = parts.of(backend.name)
  const stand = { cloud: settings.COUNTERSIGN_CLOUD, development: settings.COUNTERSIGN_MODE === 'development' }
  return {
    values: configuration.values ?? {},
    endpoint: (at?: string) => baseUrlOf(backend, { ...stand, configuration, at }),
  }
}

function makeWarehouse(settings: Settings, parts: ForeignParts, fetch: typeof globalThis.fetch): Executor {
  const { handleKey, deadlineMs } = parts
  const settingsFor = (backend: Backend) => {
    const { values, endpoint } = tokenSettings(backend, { settings, parts })
    return { ...parts.of(backend.name), baseUrl: endpoint(undefined) ?? '', values }
  }
  const parseChallenge = readBackendChallenge
  return createWarehouseExecutor({ fetch, clock, parseChallenge, drivers, settingsFor, handleKey, deadlineMs, pause })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) return abort()
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', abort, { once: true })
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}
