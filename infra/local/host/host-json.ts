import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { LogLevel } from './contract.ts'
import { describeError, type LogLevels } from './log.ts'
import type { Settings } from './settings.ts'

/** What this host reads of host.json; times are milliseconds. */
export interface HostJson {
  readonly routePrefix: string
  readonly hasBundle: boolean
  readonly logLevels: LogLevels
  readonly queues: QueueSettings
}

/** `extensions.queues` of host.json. */
export interface QueueSettings {
  readonly maxDequeueCount: number
  readonly batchSize: number
  readonly visibilityTimeout: number
  readonly maxPollingInterval: number
  readonly messageEncoding: 'base64' | 'none'
}

const override = 'AzureFunctionsJobHost__'
const levelNames = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const

const level = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(levelNames))

const span = z
  .string()
  .regex(/^\d{1,2}:[0-5]\d:[0-5]\d$/)
  .transform((text) => text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000)

const schema = z.looseObject({
  version: z.literal('2.0'),
  extensionBundle: z.looseObject({ id: z.string().min(1), version: z.string().min(1) }).optional(),
  logging: z.looseObject({ logLevel: z.record(z.string(), level).default({}) }).prefault({}),
  extensions: z
    .looseObject({
      http: z.looseObject({ routePrefix: z.string().default('api') }).prefault({}),
      queues: z
        .looseObject({
          maxDequeueCount: z.coerce.number().int().min(1).default(5),
          batchSize: z.coerce.number().int().min(1).max(32).default(16),
          visibilityTimeout: span.default(0),
          maxPollingInterval: span.default(2000),
          messageEncoding: z.enum(['base64', 'none']).default('base64'),
        })
        .prefault({}),
    })
    .prefault({}),
})

type Tree = Record<string, unknown>

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withValue(tree: Tree, path: readonly string[], value: string): Tree {
  const [head = '', ...rest] = path
  if (rest.length === 0) return { ...tree, [head]: value }
  const child = tree[head]
  return { ...tree, [head]: withValue(isTree(child) ? child : {}, rest, value) }
}

function withOverrides(tree: Tree, settings: Settings): Tree {
  return Object.entries(settings)
    .filter(([name]) => name.startsWith(override))
    .reduce((sum, [name, value]) => withValue(sum, name.slice(override.length).split('__'), value ?? ''), tree)
}

/** Checks the content of host.json, with settings `AzureFunctionsJobHost__a__b` laid over it. */
export function parseHostJson(text: string, settings: Settings): HostJson {
  const raw: unknown = JSON.parse(text.replace(/^\uFEFF/, ''))
  const parsed = schema.parse(isTree(raw) ? withOverrides(raw, settings) : raw)
  const { http, queues } = parsed.extensions
  return {
    routePrefix: http.routePrefix.replace(/^\/+|\/+$/g, ''),
    hasBundle: parsed.extensionBundle !== undefined,
    logLevels: parsed.logging.logLevel satisfies Record<string, LogLevel>,
    queues,
  }
}

/** Reads host.json of an app; an absent or invalid file throws an error that names it. */
export async function readHostJson(appRoot: string, settings: Settings): Promise<HostJson> {
  const file = join(appRoot, 'host.json')
  try {
    return parseHostJson(await readFile(file, 'utf8'), settings)
  } catch (error) {
    throw new Error(`${file} cannot be used: ${describeError(error)}`, { cause: error })
  }
}
