import * as z from 'zod'

const qualifiedName = z
  .string()
  .max(1_000)
  .regex(/^[^{}]*(\{[0-3]\}[^{}]*)+$/)

/**
 * Purview: after which calls a process of lineage is written into the map, as the person: by backend, what its objects are
 * called there (`{0}` … `{3}`: parts of the name); all its operations unless some are listed. How the person is named.
 */
const lineageSettings = z.strictObject({
  person: z.enum(['pseudonym', 'oid']).default('pseudonym'),
  collectionId: z.string().min(1).max(400).optional(),
  of: z.record(
    z.string(),
    z.strictObject({
      operations: z.array(z.string().min(1).max(64)).max(100).optional(),
      typeName: z.string().regex(/^[A-Za-z][A-Za-z0-9_. -]{0,127}$/),
      qualifiedName,
    }),
  ),
})

/** Where one backend is, and what of it agents may reach. */
export const backendSettings = z.strictObject({
  /** REST: where the API is, and the scope to ask for where the declaration leaves it to the deployment. */
  baseUrl: z.url().optional(),
  scope: z.string().min(1).optional(),
  /** Databases. */
  host: z.string().min(1).optional(),
  port: z.int().min(1).max(65_535).optional(),
  database: z.string().min(1).optional(),
  /** Object storage and Cosmos DB: the containers that agents may reach, and no other; an empty list means none. */
  containers: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9]([-_]?[A-Za-z0-9])+$/)
        .min(3)
        .max(63),
    )
    .max(100)
    .optional(),
  /** Cosmos DB: whose partitions a container has: `oid`, `tid`, or group object id → partition key. */
  partitions: z
    .record(z.string(), z.union([z.enum(['oid', 'tid']), z.record(z.guid(), z.string().min(1).max(100))]))
    .optional(),
  /** Databricks: SQL warehouses that may be used, the first unless another is asked for; where bare names are looked up. */
  warehouses: z
    .array(z.string().regex(/^[A-Za-z0-9_-]{1,64}$/))
    .min(1)
    .optional(),
  catalog: z.string().min(1).optional(),
  schema: z.string().min(1).optional(),
  /** Further endpoints of the backend, by the names that its declaration gives. */
  endpoints: z
    .record(z.string(), z.strictObject({ baseUrl: z.url().optional(), scope: z.string().min(1).optional() }))
    .optional(),
  /** Values that its templates take, and lists that narrow its inputs: the declaration names both. */
  values: z.record(z.string(), z.string().min(1).max(500)).optional(),
  allow: z.record(z.string(), z.array(z.string().min(1).max(500)).max(1_000)).optional(),
  lineage: lineageSettings.optional(),
  /** `schema.table.column` or a JSON pointer → label; a table with any entry here is classified as a whole. */
  classification: z.record(z.string(), z.string()).default({}),
})

/** Where the nightly reconciliation finds what a backend recorded. */
export const sourceSettings = z.discriminatedUnion('kind', [
  /** A Log Analytics workspace to which the service sends its diagnostic logs. */
  z.strictObject({ kind: z.literal('log-analytics'), workspace: z.guid(), resource: z.string().min(1).optional() }),
  /** Databricks' `system.access.audit`, by SQL on a warehouse, as the verifier's identity. */
  z.strictObject({
    kind: z.literal('databricks'),
    baseUrl: z.url(),
    warehouse: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  }),
])

/** Where notices of approvals and alarms go. */
export const noticeSettings = z.strictObject({
  kind: z.enum(['teams', 'webhook']),
  /** Name of the vault's secret that holds the address, which is one. */
  secret: z.string().regex(/^[A-Za-z0-9-]{1,127}$/),
})

/** What is counted. Tokens and cost (in the account's currency) are what a backend says of itself. */
const meters = ['calls', 'rows', 'bytes', 'tokens', 'cost'] as const

/** One limit. */
const oneQuota = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{1,63}$/),
  meter: z.enum(meters),
  /** Each of these has the limit for itself; an empty list: all together. */
  per: z.array(z.enum(['person', 'agent', 'backend'])).max(3),
  window: z.enum(['minute', 'day']),
  limit: z.number().positive().max(1e12),
  /** Only for this backend; absent: for all. */
  backend: z.string().min(1).optional(),
  /** Only where an obligation names it; absent: always. */
  onDemand: z.boolean().default(false),
  /** What one call is taken to need before it is known. Tokens and cost have no other measure. */
  estimate: z.number().positive().max(1e12).optional(),
})

const estimated = (quota: z.output<typeof oneQuota>) =>
  quota.estimate === undefined ? quota.meter !== 'tokens' && quota.meter !== 'cost' : quota.estimate <= quota.limit

/** The limits of a deployment, each with a name of its own. */
export const quotaSettings = z
  .array(oneQuota.refine(estimated, 'has no estimate that is within its limit'))
  .max(100)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'names one quota twice')

/** Whether the runtime knows this IANA name. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
