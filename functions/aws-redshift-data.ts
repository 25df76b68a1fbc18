import * as z from 'zod'
import { defineBackend } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

// Judged by the reader of another dialect: what the two read differently is refused.
const text = z
  .string()
  .min(1)
  .max(32_000)
  .regex(/^[^\\"`]+$/)
  .describe('One statement without double quotes, backslashes and backticks; values as :name')
const parameter = z.strictObject({
  name: z.string().regex(/^[A-Za-z_]\w{0,127}$/),
  value: z.string().min(1).max(10_000),
})
const parameters = z.array(parameter).max(100).default([]).describe('Values of the :name markers')
const wait = z.int().min(1).max(90).default(90).describe('Seconds after which a handle is given instead of rows')
const handle = z
  .string()
  .regex(/^[\w.-]{40,400}$/)
  .describe('As executeStatement gave it')
const name = z.string().regex(/^\w{1,127}$/)

const statement = { input: 'statement', dialect: 'databricks' } as const
const changeInputs = () => z.strictObject({ statement: text, parameters })
const call = { technology: 'warehouse', service: 'redshift' } as const
const change = { ...call, action: 'execute', inputs: { statement: 'statement', parameters: 'parameters' } } as const
const roleArn = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,200}$/
const amazon = { public: ['.amazonaws.com'], usgov: ['.amazonaws.com'], china: ['.amazonaws.com.cn'] }
// Asked by the exchange alone: no token of Entra's is for them.
const service = { scope: { public: null, usgov: null, china: null }, hostSuffixes: amazon }

serve(
  defineBackend({
    name: 'aws-redshift-data',
    title: 'Amazon Redshift Data API (IAM Identity Center)',
    ...tenantDefined('The registration that Identity Center trusts as token issuer'),
    hostSuffixes: amazon,
    tokenService: 'aws',
    endpoints: { identityCenter: service, sts: service },
    honesty: 'by-token-service',
    notes: [
      'IAM Identity Center takes the person’s token by its trusted token issuer, and the role’s session carries that person’s context: grants are judged for them. A role that is assumed without it would be one account for everybody, and is refused.',
      'The gateway signs the exchange with credentials of its managed identity, whose role may do nothing but `sso-oauth:CreateTokenWithIAM`, `sts:AssumeRole` and `sts:SetContext`. They are used for nothing else.',
      'The session is checked to be of that role and this person, by a name that the gateway gave it: AWS has no call that says whom a context is of, so that the proof is the token’s.',
      'Conditional Access holds when Entra issues its token. The session that AWS made of it lives no longer than that token, and is dropped when the person’s tokens are.',
      'Redshift maps the person to a user of its own by Identity Center; neither a secret nor a database user is ever named, since that would be somebody else.',
      'Where those users are named by sign-in names, set `users`: then current_user is asked with the same session before each change, and a difference refuses it.',
      'Redshift’s dialect differs from PostgreSQL’s where it matters to masks (members of SUPER columns). Statements are judged by Databricks’ reader, and what both do not read alike is refused: double-quoted names, backslashes, system tables, statements other than queries, INSERT, UPDATE, DELETE and MERGE, and functions that the reader does not know.',
    ],
    values: {
      region: { description: 'Region, such as eu-central-1', pattern: /^[a-z]{2}(-[a-z]+)+-\d$/ },
      gatewayRole: { description: 'Role of the gateway’s managed identity, for the exchange alone', pattern: roleArn },
      gatewayAudience: {
        description: 'Audience that the identity provider in AWS expects',
        pattern: /^[\w:/.-]{3,200}$/,
      },
      personRole: { description: 'Role whose sessions carry the person’s context', pattern: roleArn },
      identityCenterApplication: {
        description:
          'The customer managed application of IAM Identity Center; without one a role is shared, and refused',
        pattern: /^arn:aws[a-z-]*:sso::\d{12}:application\/[\w/.-]{1,200}$/,
      },
      workgroup: { description: 'Serverless workgroup', pattern: /^[a-z0-9-]{3,64}$/, optional: true },
      cluster: {
        description: 'Cluster, where there is no workgroup',
        pattern: /^[a-z][a-z0-9-]{0,62}$/,
        optional: true,
      },
      users: {
        description: 'Is `sign-in-names` where user names are the people’s sign-in names',
        pattern: /^sign-in-names$/,
        optional: true,
      },
    },
    limits: { schema: 'schemas' },
    records: ['x-amzn-requestid'],
    operations: {
      executeStatement: {
        summary: 'Run one query, as the person',
        effect: 'read',
        inputs: () => changeInputs().extend({ wait }),
        statement,
        call: { ...change, inputs: { ...change.inputs, wait: 'wait' } },
      },
      executeWriteStatement: {
        summary: 'Run one INSERT, UPDATE or MERGE, as the person',
        effect: 'write',
        inputs: changeInputs,
        statement,
        call: change,
      },
      executeDestructiveStatement: {
        summary: 'Run one DELETE, as the person',
        effect: 'delete',
        inputs: changeInputs,
        statement,
        call: change,
      },
      getStatementResult: {
        summary: 'Ask after a query that runs on, or fetch its result',
        effect: 'read',
        inputs: () => z.strictObject({ statement: text, handle }),
        statement,
        call: { ...call, action: 'get', inputs: { statement: 'statement', handle: 'handle' } },
      },
      cancelStatement: {
        summary: 'Cancel a query of the own that runs on',
        effect: 'write',
        inputs: () => z.strictObject({ handle }),
        call: { ...call, action: 'cancel', inputs: { handle: 'handle' } },
      },
      listTables: {
        summary: 'List the tables of a schema that the person may see',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name }),
        object: 'schema',
        call: { ...call, action: 'list-tables', inputs: { schema: 'schema' } },
      },
      describeTable: {
        summary: 'Describe the columns of one table',
        effect: 'read',
        inputs: () => z.strictObject({ schema: name, table: name }),
        object: 'schema',
        call: { ...call, action: 'describe-table', inputs: { schema: 'schema', table: 'table' } },
      },
    },
  }),
)
