import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const entitySet = z
  .string()
  .regex(/^[A-Za-z_]\w{0,127}$/)
  .describe('Name of the set, such as A_BusinessPartner')
const key = z
  .string()
  .max(300)
  .regex(/^(?:'[^'/\\]{0,200}'|\w{1,64}|\w{1,64}='[^'/\\]{0,100}'(?:,\w{1,64}='[^'/\\]{0,100}'){0,9})$/)
  .describe("As the URL has it: '4711', or Item='10',Order='4711'")
const fields = z.string().regex(/^\w{1,64}(,\w{1,64}){0,99}$/)
const entity = z.record(z.string().regex(/^\w{1,128}$/), z.unknown()).describe('Fields by name')
const etag = z.string().regex(/^(W\/)?"[^"\r\n]{1,200}"$/)
const one = { path: '/{entitySet}({key})', parameters: ['entitySet', 'key'] } as const
const json = { $format: 'json' } as const

serve(
  defineBackend({
    name: 'sap-odata',
    title: 'SAP S/4HANA and ECC by OData (principal propagation)',
    ...tenantDefined('The enterprise application of the SAP system (SAML)'),
    hostSuffixes: { public: [], usgov: [], china: [] },
    tokenService: 'sap',
    // The system itself, whose OAuth server is at /sap/bc/sec/oauth2/token.
    endpoints: {
      tokens: {
        scope: { public: null, usgov: null, china: null },
        hostSuffixes: { public: [], usgov: [], china: [] },
      },
    },
    honesty: 'by-token-service',
    notes: [
      'Entra issues a SAML assertion for the person and the SAP system, and SAP’s own OAuth server makes of it an access token of the SAP user that it names. Both steps are documented by their makers.',
      'Our client in SAP has a secret, kept in the vault; alone it opens nothing.',
      'SAP’s authorisations are judged for that user. No call of its OData services says whom it sees, so that the assertion, which names the person, is the proof.',
      'The base URL is one service; each write asks for a CSRF token first, with the person’s own token, and keeps no session.',
      'Function imports may do anything: they count as administration, whatever their names say.',
      'Conditional Access holds when Entra issues the assertion. SAP’s token is used no longer than the assertion lives.',
    ],
    values: {
      clientId: { description: 'OAuth client in SAP', pattern: /^[\w.-]{1,100}$/ },
      clientSecretName: {
        description: 'Name of the vault’s secret with the client’s password',
        pattern: /^backend-[a-z0-9-]{1,100}$/,
      },
      serviceScope: { description: 'OAuth scope of the service', pattern: /^[\w. :/-]{1,200}$/, optional: true },
    },
    limits: { entitySet: '!entitySets', functionImport: '!functionImports' },
    correlation: { 'x-correlationid': '{decisionId}' },
    records: ['x-correlationid', 'sap-processing-info', 'sap-server'],
    operations: {
      queryEntities: {
        summary: 'Find entities of one set',
        effect: 'read',
        inputs: () =>
          z.strictObject({
            entitySet,
            select: fields,
            filter: z
              .string()
              .max(4000)
              .refine((text) => !/\w\/\w/.test(text.replaceAll(/'[^']*'/g, "''")))
              .optional()
              .describe("OData condition over own fields, such as Country eq 'DE'"),
            orderby: z
              .string()
              .regex(/^[\w ,]{1,500}$/)
              .optional(),
            top: z.int().min(1).max(1000).default(100),
            skip: z.int().min(0).max(1_000_000).default(0),
          }),
        object: 'entitySet',
        compares: { filter: ['*'], orderby: ['*'] },
        call: rest({
          method: 'GET',
          path: '/{entitySet}',
          parameters: ['entitySet'],
          fixedQuery: json,
          query: { $select: 'select', $filter: 'filter', $orderby: 'orderby', $top: 'top', $skip: 'skip' },
          pageSize: 'top',
          drop: ['/d/__next', '/@odata.nextLink'],
        }),
      },
      getEntity: {
        summary: 'Read one entity',
        effect: 'read',
        inputs: () => z.strictObject({ entitySet, key, select: fields }),
        object: 'entitySet',
        call: rest({ method: 'GET', ...one, fixedQuery: json, query: { $select: 'select' } }),
      },
      getMetadata: {
        summary: 'Read the description of the service, as XML',
        effect: 'read',
        inputs: () => z.strictObject({}),
        call: rest({
          method: 'GET',
          path: '/$metadata',
          parameters: [],
          headers: { accept: 'application/xml' },
          answer: { kind: 'bytes', members: {} },
        }),
      },
      createEntity: {
        summary: 'Add one entity',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, entity }),
        object: 'entitySet',
        call: rest({ method: 'POST', path: '/{entitySet}', parameters: ['entitySet'], document: 'entity' }),
      },
      updateEntity: {
        summary: 'Change fields of one entity that has not changed since it was read',
        effect: 'write',
        inputs: () => z.strictObject({ entitySet, key, etag, entity }),
        object: 'entitySet',
        call: rest({ method: 'PATCH', ...one, headers: { 'if-match': '{etag}' }, document: 'entity' }),
      },
      deleteEntity: {
        summary: 'Delete one entity that has not changed since it was read',
        effect: 'delete',
        inputs: () => z.strictObject({ entitySet, key, etag }),
        object: 'entitySet',
        call: rest({ method: 'DELETE', ...one, headers: { 'if-match': '{etag}' } }),
      },
      callFunctionImport: {
        summary: 'Call one action that the deployment lists',
        effect: 'admin',
        note: 'Parameters go into the body, as actions of OData 4 take them; function imports of OData 2 take theirs in the address, and only those without any can be called.',
        inputs: () =>
          z.strictObject({
            functionImport: z.string().regex(/^[A-Za-z_]\w{0,127}$/),
            parameters: z.record(z.string().regex(/^\w{1,64}$/), z.unknown()).default({}),
          }),
        object: 'functionImport',
        call: rest({
          method: 'POST',
          path: '/{functionImport}',
          parameters: ['functionImport'],
          document: 'parameters',
        }),
      },
    },
  }),
)
