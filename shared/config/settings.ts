import * as z from 'zod'
import { clouds, isLoopback } from './clouds.ts'
import { backendSettings, isTimeZone, noticeSettings, quotaSettings, sourceSettings } from './settings-parts.ts'

const list = (item: z.ZodType<string, string>) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim().toLowerCase())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item))

/** A setting that holds JSON, parsed before its own schema judges it. */
const json = <T extends z.ZodType>(inner: T) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown
      } catch {
        context.addIssue({ code: 'custom', message: 'is not JSON' })
        return z.NEVER
      }
    })
    .pipe(inner)

const guid = z.guid().transform((value) => value.toLowerCase())
const https = z.url({ protocol: /^https$/ })

/** Every setting, by its environment name. The documentation of each stands in the README's table. */
export const settingsSchema = z.strictObject({
  COUNTERSIGN_MODE: z.enum(['production', 'development']).default('production'),
  /** Which of the two apps of the package this is. */
  COUNTERSIGN_APP: z.enum(['gateway', 'evidence']).default('gateway'),
  COUNTERSIGN_PUBLIC_URL: z.url(),
  COUNTERSIGN_CLOUD: z.enum(['public', 'usgov', 'china']).default('public'),
  COUNTERSIGN_HOME_TENANT: guid,
  COUNTERSIGN_TENANTS: list(z.guid()),
  COUNTERSIGN_CLIENT_ID: guid,
  COUNTERSIGN_CONSOLE_CLIENT_ID: guid,
  COUNTERSIGN_ALLOWED_ACTORS: list(z.guid()),
  COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: guid,
  COUNTERSIGN_KEY_VAULT_URL: https,
  COUNTERSIGN_AUDIT_TABLES_URL: https,
  COUNTERSIGN_EVIDENCE_BLOBS_URL: https,
  /** Evidence app: its two identities, and the containers that must be immutable, by their ids in Azure Resource Manager. */
  COUNTERSIGN_SEALER_CLIENT_ID: guid.optional(),
  COUNTERSIGN_VERIFIER_CLIENT_ID: guid.optional(),
  COUNTERSIGN_EVIDENCE_ACCOUNT_ID: z
    .string()
    .regex(
      /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Storage\/storageAccounts\/[a-z0-9]{3,24}$/i,
    )
    .optional(),
  COUNTERSIGN_SEAL_SCHEDULE: z.string().min(1).default('0 * * * * *'),
  COUNTERSIGN_NIGHTLY_HOUR: z.coerce.number().int().min(0).max(23).default(1),
  COUNTERSIGN_REPORT_WEBHOOKS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
    .pipe(z.array(z.url())),
  COUNTERSIGN_TIME_STAMP_URL: z.url().optional(),
  /** Where the nightly reconciliation finds what backends and Entra recorded, by backend (or `entra`). */
  COUNTERSIGN_SOURCES: json(z.record(z.string(), sourceSettings)).default({}),
  COUNTERSIGN_RETENTION_DAYS: z.string().transform(Number).pipe(z.int().min(183)),
  /** `package`, or the https address of a blob with signed releases. */
  COUNTERSIGN_POLICY: z.union([z.literal('package'), z.url()]).default('package'),
  /** Who may sign a release: a name each → SubjectPublicKeyInfo (P-256) in base64. Two of them sign one. */
  COUNTERSIGN_POLICY_SIGNERS: json(z.record(z.string().min(1).max(64), z.base64().min(1))).default({}),
  COUNTERSIGN_POLICY_GROUPS: json(z.record(z.string(), z.array(guid))).default({}),
  COUNTERSIGN_BACKENDS: json(z.record(z.string(), backendSettings)),
  /** IANA name: the hours and weekdays of policies are of there, and so are the days of quotas. */
  COUNTERSIGN_TIME_ZONE: z.string().min(1).default('UTC').refine(isTimeZone, 'is not a time zone'),
  /** Minutes for a decision on a request, and for the use of an approval. */
  COUNTERSIGN_APPROVAL_DECIDE_MINUTES: z.coerce.number().int().min(1).max(10_080).default(60),
  COUNTERSIGN_APPROVAL_USE_MINUTES: z.coerce.number().int().min(1).max(1_440).default(15),
  /** Most requests that one person has open through one agent. */
  COUNTERSIGN_APPROVAL_OPEN_LIMIT: z.coerce.number().int().min(1).max(1_000).default(10),
  /** Where notices go; the address is a secret of the vault. */
  COUNTERSIGN_NOTICES: json(z.array(noticeSettings).max(20)).default([]),
  COUNTERSIGN_QUOTAS: json(quotaSettings).default([]),
  /** Business units of the usage report → Entra group object ids. */
  COUNTERSIGN_BUSINESS_UNITS: json(z.record(z.string().min(1).max(64), z.array(guid))).default({}),
  COUNTERSIGN_CALLS_PER_MINUTE: z.coerce.number().int().min(1).default(600),
  COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: z.coerce.number().int().min(1).default(300),
  COUNTERSIGN_DENIED_TOKEN_IDS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    ),
  /** Development only: where `login.microsoftonline.com`, Azure Resource Manager and Log Analytics are answered. */
  COUNTERSIGN_ENTRA_URL: z.url().optional(),
  COUNTERSIGN_ARM_URL: z.url().optional(),
  COUNTERSIGN_LOGS_URL: z.url().optional(),
})

/** The parsed settings; made once at start, never changed. */
export type Settings = Readonly<z.output<typeof settingsSchema>>

/** Names that only Azure's hosting sets; a development relaxation next to one of them stops the start. */
const signsOfAzure = ['WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID', 'WEBSITE_HOSTNAME', 'REGION_NAME']

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses the environment. Throws one Error that names every wrong, missing or unknown setting, never a value: an
 * entry point that throws stops the whole app, so a misconfigured gateway serves nothing.
 */
export function parseSettings(environment: Environment): Settings {
  const ours = Object.entries(environment).filter(([name, value]) => name.startsWith('COUNTERSIGN_') && value !== '')
  const parsed = settingsSchema.safeParse(Object.fromEntries(ours), { reportInput: true })
  const faults = parsed.success ? surroundings(parsed.data, environment) : parsed.error.issues.flatMap(nameFault)
  if (!parsed.success || faults.length > 0) throw new Error(`Settings are wrong: ${faults.join('; ')}`)
  return Object.freeze(parsed.data)
}

function placeOf(path: readonly PropertyKey[]): string {
  const [name, ...inner] = path.map(String)
  return inner.length > 0 ? `${name} (at ${inner.join('.')})` : String(name)
}

function nameFault(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${placeOf([...issue.path, key])} is not a setting`)
  }
  const where = placeOf(issue.path)
  if (issue.code === 'invalid_type' && issue.input === undefined) return [`${where} is missing`]
  return [`${where} ${faultText(issue)}`]
}

/** Zod's own messages quote allowed values and limits, never the input; anything longer is ours to word. */
function faultText(issue: z.core.$ZodIssue): string {
  return issue.code === 'custom' ? issue.message : `is not valid (${issue.code})`
}

type Rule = { readonly name: keyof Settings; readonly holds: (url: URL) => boolean; readonly text: string }

function productionRules(settings: Settings): readonly Rule[] {
  const hosts = clouds[settings.COUNTERSIGN_CLOUD]
  const under = (suffix: string) => (url: URL) => url.protocol === 'https:' && url.hostname.endsWith(suffix)
  return [
    { name: 'COUNTERSIGN_PUBLIC_URL', holds: (url) => url.protocol === 'https:', text: 'is not an https URL' },
    { name: 'COUNTERSIGN_KEY_VAULT_URL', holds: under(hosts.vaultSuffix), text: `is not under ${hosts.vaultSuffix}` },
    {
      name: 'COUNTERSIGN_AUDIT_TABLES_URL',
      holds: under(hosts.tableSuffix),
      text: `is not under ${hosts.tableSuffix}`,
    },
    {
      name: 'COUNTERSIGN_EVIDENCE_BLOBS_URL',
      holds: under(hosts.blobSuffix),
      text: `is not under ${hosts.blobSuffix}`,
    },
    ...(['COUNTERSIGN_ENTRA_URL', 'COUNTERSIGN_ARM_URL', 'COUNTERSIGN_LOGS_URL'] as const).map((name) => ({
      name,
      holds: () => false,
      text: 'is for development only',
    })),
    { name: 'COUNTERSIGN_POLICY', holds: under(hosts.blobSuffix), text: `is not under ${hosts.blobSuffix}` },
    {
      name: 'COUNTERSIGN_TIME_STAMP_URL',
      holds: (url) => /^https?:$/.test(url.protocol),
      text: 'is not a web address',
    },
  ]
}

const developmentUrls = [
  'COUNTERSIGN_PUBLIC_URL',
  'COUNTERSIGN_KEY_VAULT_URL',
  'COUNTERSIGN_AUDIT_TABLES_URL',
  'COUNTERSIGN_EVIDENCE_BLOBS_URL',
  'COUNTERSIGN_ENTRA_URL',
  'COUNTERSIGN_ARM_URL',
  'COUNTERSIGN_LOGS_URL',
  'COUNTERSIGN_TIME_STAMP_URL',
  'COUNTERSIGN_POLICY',
] as const

const developmentRules: readonly Rule[] = developmentUrls.map((name) => ({
  name,
  holds: isLoopback,
  text: 'is not on loopback, which development mode demands',
}))

function surroundings(settings: Settings, environment: Environment): string[] {
  const development = settings.COUNTERSIGN_MODE === 'development'
  const signs = development ? signsOfAzure.filter((name) => environment[name] !== undefined) : []
  const rules = development ? developmentRules : productionRules(settings)
  return [
    ...signs.map((name) => `COUNTERSIGN_MODE is development although ${name} says that this is Azure`),
    ...rules.filter((rule) => breaks(rule, settings)).map((rule) => `${rule.name} ${rule.text}`),
    ...(development ? remoteBackends(settings) : []),
    ...(settings.COUNTERSIGN_APP === 'evidence' ? missingForEvidence(settings) : []),
    ...insecureWebhooks(settings),
    ...unsignedPolicy(settings),
  ]
}

/** A release needs two who may sign. */
function unsignedPolicy({ COUNTERSIGN_POLICY, COUNTERSIGN_POLICY_SIGNERS }: Settings): string[] {
  const isSigned = COUNTERSIGN_POLICY === 'package' || Object.keys(COUNTERSIGN_POLICY_SIGNERS).length > 1
  return isSigned ? [] : ['COUNTERSIGN_POLICY_SIGNERS names fewer than two, and COUNTERSIGN_POLICY is a blob']
}

const evidenceSettings = [
  'COUNTERSIGN_SEALER_CLIENT_ID',
  'COUNTERSIGN_VERIFIER_CLIENT_ID',
  'COUNTERSIGN_EVIDENCE_ACCOUNT_ID',
] as const

function missingForEvidence(settings: Settings): string[] {
  return evidenceSettings
    .filter((name) => settings[name] === undefined)
    .map((name) => `${name} is missing, which COUNTERSIGN_APP evidence demands`)
}

function insecureWebhooks(settings: Settings): string[] {
  const isFine = (url: URL) =>
    settings.COUNTERSIGN_MODE === 'development' ? isLoopback(url) : url.protocol === 'https:'
  const isWrong = settings.COUNTERSIGN_REPORT_WEBHOOKS.some((url) => !isFine(new URL(url)))
  return isWrong
    ? ['COUNTERSIGN_REPORT_WEBHOOKS names an address that is not https, or in development not on loopback']
    : []
}

function breaks(rule: Rule, settings: Settings): boolean {
  const value = settings[rule.name]
  return typeof value === 'string' && value !== 'package' && !rule.holds(new URL(value))
}

function remoteBackends(settings: Settings): string[] {
  return Object.entries(settings.COUNTERSIGN_BACKENDS)
    .filter(([, backend]) => addressesOf(backend).some((url) => !isLoopback(new URL(url))))
    .map(([name]) => `COUNTERSIGN_BACKENDS (at ${name}) is not on loopback, which development mode demands`)
}

function addressesOf({ baseUrl, host = 'localhost', endpoints = {} }: Settings['COUNTERSIGN_BACKENDS'][string]) {
  return [baseUrl ?? `https://${host}`, ...Object.values(endpoints).flatMap((endpoint) => endpoint.baseUrl ?? [])]
}
