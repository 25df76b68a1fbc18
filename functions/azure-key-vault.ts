import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const name = z.string().regex(/^[A-Za-z0-9-]{1,127}$/)
const version = z.string().regex(/^[0-9a-f]{32}$/)
const maxresults = z.int().min(1).max(25).default(25)
const cursor = z.string().max(16_384).optional().describe('As the page before gave it')
const fixedQuery = { 'api-version': '2025-07-01' }
const page = { from: { pointer: '/nextLink' }, into: 'link' } as const

serve(
  defineBackend({
    name: 'azure-key-vault',
    title: 'Azure Key Vault: names, versions and signatures',
    ...resources.keyVault,
    hostSuffixes: {
      public: ['.vault.azure.net'],
      usgov: ['.vault.usgovcloudapi.net'],
      china: ['.vault.azure.cn'],
    },
    honesty: 'yes',
    notes: [
      'Roles or access policies of the vault are judged for the person.',
      'Values of secrets are not given to agents: whoever holds one acts as nobody in particular.',
      'Countersign’s own vault is never a target.',
    ],
    limits: { secret: 'secrets', key: 'keys' },
    operations: {
      listSecrets: {
        summary: 'Names and dates of secrets, without their values',
        effect: 'read',
        inputs: () => z.strictObject({ maxresults, cursor }),
        call: rest({ method: 'GET', path: '/secrets', parameters: [], query: ['maxresults'], fixedQuery, page }),
      },
      listSecretVersions: {
        summary: 'Versions of one secret, without their values',
        effect: 'read',
        inputs: () => z.strictObject({ secret: name, maxresults, cursor }),
        call: rest({
          method: 'GET',
          path: '/secrets/{secret}/versions',
          parameters: ['secret'],
          query: ['maxresults'],
          fixedQuery,
          page,
        }),
      },
      getSecretValue: {
        summary: 'The value of a secret',
        effect: 'admin',
        unsupported:
          'A secret that an agent holds is used by nobody in particular: let the operation that needs it run as the person instead.',
        inputs: () => z.strictObject({ secret: name, version }),
        call: rest({
          method: 'GET',
          path: '/secrets/{secret}/{version}',
          parameters: ['secret', 'version'],
          fixedQuery,
        }),
      },
      setSecret: {
        summary: 'Give a secret a new value',
        effect: 'admin',
        inputs: () =>
          z.strictObject({
            secret: name,
            value: z.string().min(1).max(25_000),
            contentType: z.string().max(255).optional(),
          }),
        call: rest({
          method: 'PUT',
          path: '/secrets/{secret}',
          parameters: ['secret'],
          fixedQuery,
          body: ['value', 'contentType'],
          drop: ['/value'],
        }),
      },
      deleteSecret: {
        summary: 'Delete a secret; it can be recovered for as long as the vault keeps deleted ones',
        effect: 'delete',
        inputs: () => z.strictObject({ secret: name }),
        call: rest({
          method: 'DELETE',
          path: '/secrets/{secret}',
          parameters: ['secret'],
          fixedQuery,
          drop: ['/value'],
        }),
      },
      listKeys: {
        summary: 'Names and dates of keys',
        effect: 'read',
        inputs: () => z.strictObject({ maxresults, cursor }),
        call: rest({ method: 'GET', path: '/keys', parameters: [], query: ['maxresults'], fixedQuery, page }),
      },
      sign: {
        summary: 'Sign a digest with a key of the vault',
        effect: 'write',
        inputs: () =>
          z.strictObject({
            key: name,
            version,
            alg: z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512']),
            value: z
              .string()
              .regex(/^[\w-]{43,86}$/)
              .describe('The digest, base64url'),
          }),
        call: rest({
          method: 'POST',
          path: '/keys/{key}/{version}/sign',
          parameters: ['key', 'version'],
          fixedQuery,
          body: ['alg', 'value'],
        }),
      },
      rotateKey: {
        summary: 'Make a new version of a key',
        effect: 'admin',
        inputs: () => z.strictObject({ key: name }),
        call: rest({ method: 'POST', path: '/keys/{key}/rotate', parameters: ['key'], fixedQuery }),
      },
    },
  }),
)
