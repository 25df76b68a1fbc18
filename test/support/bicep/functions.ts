import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository } from '../../../infra/build/check.ts'
import type { Home } from './evaluate.ts'

interface Context extends Home {
  readonly scope: string
  /** A file by its path beside the template. */
  readonly file: (path: string) => string
}

/** What a function is given; of which kinds, Bicep's compiler has to see to. */
type Given = readonly [never, never, never, ...never[]]
type Call = (args: Given, context: Context) => unknown
type Lambda = (...given: unknown[]) => unknown

const hash = (args: readonly unknown[]) => createHash('sha256').update(JSON.stringify(args)).digest()

/** 13 letters and digits, as Azure's own, of other values. */
function uniqueString(args: readonly unknown[]): string {
  const letters = 'abcdefghijklmnopqrstuvwxyz234567'
  return [...hash(args).subarray(0, 13)].map((byte) => letters[byte % 32]).join('')
}

/** An id made of anything, the same for the same. */
export function guidOf(...args: readonly unknown[]): string {
  const hex = hash(args).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}

const isEmpty = (value: unknown) =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value as object).length === 0)

const text: Readonly<Record<string, Call>> = {
  base64: ([value]) => Buffer.from(String(value)).toString('base64'),
  endsWith: ([value, part]) => String(value).toLowerCase().endsWith(String(part).toLowerCase()),
  format: ([pattern, ...given]) => String(pattern).replace(/\{(\d+)\}/g, (_all, index) => String(given[Number(index)])),
  guid: (args) => guidOf(...args),
  int: ([value]) => Number(value),
  join: ([list, sign]) => (list as unknown[]).join(sign),
  json: ([value]) => JSON.parse(value),
  newGuid: () => guidOf('new'),
  padLeft: ([value, length, sign]) => String(value).padStart(length, sign),
  replace: ([value, from, to]) => String(value).replaceAll(from, to),
  split: ([value, signs]) =>
    String(value).split(Array.isArray(signs) ? new RegExp(`[${(signs as string[]).join('')}]`) : signs),
  startsWith: ([value, part]) => String(value).toLowerCase().startsWith(String(part).toLowerCase()),
  string: ([value]) => (typeof value === 'object' ? JSON.stringify(value) : String(value)),
  substring: ([value, from, length]) => String(value).substring(from, length === undefined ? undefined : from + length),
  toLower: ([value]) => String(value).toLowerCase(),
  toUpper: ([value]) => String(value).toUpperCase(),
  trim: ([value]) => String(value).trim(),
  uniqueString,
  uri: ([base, path]) => new URL(path, base).href,
  uriComponent: ([value]) => encodeURIComponent(value),
}

const lists: Readonly<Record<string, Call>> = {
  any: ([value]) => value,
  array: ([value]) => (Array.isArray(value) ? value : [value]),
  bool: ([value]) => String(value).toLowerCase() === 'true',
  coalesce: (args) => args.find((value) => value !== null) ?? null,
  concat: (args) => (Array.isArray(args[0]) ? (args as readonly unknown[][]).flat() : args.join('')),
  contains: ([of, part]) => {
    if (typeof of === 'string' || Array.isArray(of)) return (of as string).includes(part)
    return Object.hasOwn(of, part)
  },
  empty: ([value]) => isEmpty(value),
  filter: ([list, keep]) => (list as unknown[]).filter((one, index) => (keep as Lambda)(one, index) === true),
  first: ([value]) => (value as unknown[])[0] ?? null,
  flatten: ([list]) => (list as unknown[]).flat(),
  indexOf: ([value, part]) => (value as string).indexOf(part),
  items: ([value]) =>
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => ({ key, value: inner })),
  last: ([value]) => (value as unknown[]).at(-1) ?? null,
  length: ([value]) =>
    Array.isArray(value) || typeof value === 'string' ? (value as string).length : Object.keys(value).length,
  map: ([list, make]) => (list as unknown[]).map((one, index) => (make as Lambda)(one, index)),
  mapValues: ([of, make]) => Object.fromEntries(Object.entries(of).map(([key, one]) => [key, (make as Lambda)(one)])),
  max: (args) => Math.max(...(args.flat() as number[])),
  min: (args) => Math.min(...(args.flat() as number[])),
  objectKeys: ([value]) => Object.keys(value).sort(),
  range: ([from, count]) => Array.from({ length: count }, (_none, index) => Number(from) + index),
  reduce: ([list, first, step]) => (list as unknown[]).reduce((sum, one) => (step as Lambda)(sum, one), first),
  shallowMerge: ([list]) => Object.assign({}, ...(list as object[])),
  skip: ([value, count]) => (value as string).slice(count),
  take: ([value, count]) => (value as string).slice(0, count),
  toObject: ([list, key, value]) =>
    Object.fromEntries(
      (list as unknown[]).map((one) => [(key as Lambda)(one), value === undefined ? one : (value as Lambda)(one)]),
    ),
  union: (args) =>
    Array.isArray(args[0])
      ? [...new Set((args as readonly unknown[][]).flat())]
      : Object.assign({}, ...(args as readonly object[])),
}

const suffixes = {
  AzureCloud: {
    login: 'https://login.microsoftonline.com/',
    storage: 'core.windows.net',
    keyvaultDns: '.vault.azure.net',
  },
  AzureUSGovernment: {
    login: 'https://login.microsoftonline.us/',
    storage: 'core.usgovcloudapi.net',
    keyvaultDns: '.vault.usgovcloudapi.net',
  },
  AzureChinaCloud: {
    login: 'https://login.chinacloudapi.cn/',
    storage: 'core.chinacloudapi.cn',
    keyvaultDns: '.vault.azure.cn',
  },
} as const

const idOf = (parts: readonly unknown[]) => {
  const [type = '', ...names] = parts.map(String)
  const steps = type.split('/')
  const [provider = '', ...kinds] = steps
  return `providers/${provider}${kinds.map((kind, index) => `/${kind}/${names[index]}`).join('')}`
}

const places: Readonly<Record<string, Call>> = {
  deployer: (_args, { tenantId }) => ({ objectId: guidOf('deployer'), tenantId }),
  environment: (_args, { cloud }) => {
    const { login, storage, keyvaultDns } = suffixes[cloud]
    return { name: cloud, suffixes: { storage, keyvaultDns }, authentication: { loginEndpoint: login } }
  },
  loadJsonContent: ([path], { file }) => JSON.parse(readFileSync(join(repository, file(path)), 'utf8')),
  loadTextContent: ([path], { file }) => readFileSync(join(repository, file(path)), 'utf8'),
  resourceGroup: ([first, second], context) => {
    const name = second ?? first ?? context.group
    const id = `/subscriptions/${second === undefined ? context.subscriptionId : first}/resourceGroups/${name}`
    return { id, name, location: 'westeurope', isGroup: true }
  },
  resourceId: (args, { subscriptionId, group }) =>
    `/subscriptions/${subscriptionId}/resourceGroups/${group}/${idOf(args)}`,
  subscription: (_args, { subscriptionId, tenantId }) => ({
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    tenantId,
  }),
  subscriptionResourceId: (args, { subscriptionId }) => `/subscriptions/${subscriptionId}/${idOf(args)}`,
  tenant: (_args, { tenantId }) => ({ tenantId }),
}

const times: Readonly<Record<string, Call>> = {
  dateTimeToEpoch: ([value]) => Math.trunc(Date.parse(value) / 1000),
  // A moment of its own, so that a test says the same on every day.
  utcNow: ([pattern]) => (pattern === 'yyyy-MM' ? '2026-11' : '20261122T120000Z'),
}

const all = { ...text, ...lists, ...places, ...times }

/** Calls a function of Bicep; one that is not imitated gives what is unknown. */
export function callFunction(name: string, args: readonly unknown[], context: Context): unknown {
  const call = Object.hasOwn(all, name) ? all[name as keyof typeof all] : undefined
  return call === undefined ? { unknown: `${name}()` } : call(args as unknown as Given, context)
}
