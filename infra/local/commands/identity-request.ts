import * as z from 'zod'
import type { Wanted } from '../../identity/applications.ts'
import { makeRequest } from '../../identity/request.ts'

const usage = `usage: npm run identity:request

  prints, as JSON, what an Entra admin has to apply where whoever deploys may not register applications: the requests to
  Microsoft Graph in their order, what is to be consented to, and what to give back.

  Reads the environment, as azd has it (set -a; . <(azd env get-values); set +a): AZURE_ENV_NAME and AZURE_TENANT_ID, and
  where they are known COUNTERSIGN_CLOUD, COUNTERSIGN_PUBLIC_URL, COUNTERSIGN_GATEWAY_IDENTITY_ID, COUNTERSIGN_BACKENDS,
  COUNTERSIGN_ALLOWED_ACTORS, COUNTERSIGN_AUDITORS_GROUP_ID and COUNTERSIGN_OPERATORS_GROUP_ID. What is not known yet is
  left out and named; the command is repeated once it is.
`

const text = z.string().transform((value) => (value.trim() === '' ? undefined : value.trim()))
const id = z.guid().transform((value) => value.toLowerCase())
const given = z.object({
  AZURE_ENV_NAME: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  AZURE_TENANT_ID: id,
  COUNTERSIGN_CLOUD: text.optional().pipe(z.enum(['public', 'usgov', 'china']).default('public')),
  COUNTERSIGN_PUBLIC_URL: text.optional().pipe(z.url({ protocol: /^https$/ }).optional()),
  COUNTERSIGN_GATEWAY_IDENTITY_ID: text.optional().pipe(id.optional()),
  COUNTERSIGN_BACKENDS: text.default('{}').transform((json = '{}') => Object.keys(JSON.parse(json) as object)),
  COUNTERSIGN_ALLOWED_ACTORS: text
    .optional()
    .transform((list = '') =>
      list
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(id)),
  COUNTERSIGN_AUDITORS_GROUP_ID: text.optional().pipe(id.optional()),
  COUNTERSIGN_OPERATORS_GROUP_ID: text.optional().pipe(id.optional()),
})

/** What the environment says; throws where something is missing or has no such shape, and never quotes a value. */
export function readWanted(environment: Readonly<Record<string, string | undefined>>): Wanted {
  const read = given.parse(environment)
  const optional = {
    publicUrl: read.COUNTERSIGN_PUBLIC_URL?.replace(/\/$/, ''),
    gatewayPrincipalId: read.COUNTERSIGN_GATEWAY_IDENTITY_ID,
    auditorsGroupId: read.COUNTERSIGN_AUDITORS_GROUP_ID,
    operatorsGroupId: read.COUNTERSIGN_OPERATORS_GROUP_ID,
  }
  return {
    environment: read.AZURE_ENV_NAME,
    tenantId: read.AZURE_TENANT_ID,
    cloud: read.COUNTERSIGN_CLOUD,
    backends: read.COUNTERSIGN_BACKENDS,
    allowedActors: read.COUNTERSIGN_ALLOWED_ACTORS,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

/** `npm run identity:request`: exit code 0, or 64 where the environment lacks something. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length > 0) return misuse('takes no arguments')
  try {
    process.stdout.write(`${JSON.stringify(makeRequest(readWanted(process.env)), null, 2)}\n`)
    return 0
  } catch (error) {
    return misuse(
      error instanceof z.ZodError
        ? error.issues.map(({ path }) => path.join('.')).join(', ')
        : 'COUNTERSIGN_BACKENDS is not JSON',
    )
  }
}

function misuse(fault: string): number {
  process.stderr.write(`identity:request: missing or not valid: ${fault}\n\n${usage}`)
  return 64
}
